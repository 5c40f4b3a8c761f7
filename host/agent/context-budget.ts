/** How much of a conversation fits into a model's context. Pure. */
import { MODEL, type AgentLimits } from "#host/base/limits.ts";
import type { HostError } from "#host/base/errors.ts";
import { promptSize } from "#host/llm/prompt-size.ts";
import type { ModelInfo, ModelRequest } from "#host/llm/provider.ts";
import type { WindowLimits } from "./window.ts";

/** Tokens that one call of the model takes, prompt and answer together. */
export function contextOf({ contextTokens, contextWindow }: ModelInfo): number {
  return contextTokens ?? contextWindow ?? MODEL.contextTokens;
}

/** However long prompt and tools are, the question and the newest step are sent. */
const LEAST_BYTES = 1_000;

/**
 * @param fixed what stands in every request beside the conversation
 * @param squeeze how often the model refused the request as too long; each time, half as much is sent
 */
export function windowFor(
  model: ModelInfo,
  fixed: Pick<ModelRequest, "system" | "tools">,
  limits: AgentLimits,
  squeeze = 0,
): WindowLimits {
  const context = contextOf(model);
  const answer = Math.min(MODEL.answerRoomTokens, Math.floor(context / 4));
  const left = context - answer - promptSize({ ...fixed, messages: [] }).likely;
  const bytes = Math.min(limits.historyChars, left * MODEL.bytesPerToken);
  return {
    historyMessages: limits.historyMessages,
    historyChars: Math.max(LEAST_BYTES, Math.floor(bytes / 2 ** squeeze)),
  };
}

const TOO_LONG =
  /context (?:length|size|window)|(?:prompt|input|request|conversation) (?:is )?(?:at least \d+ tokens|too (?:long|large))|maximum context|too many tokens|exceeds? the (?:available )?context/i;

/** A service's own words for a request that does not fit: there is no code that they share. */
export function isTooLong(error: HostError): boolean {
  return error.code === "model.refused" && TOO_LONG.test(error.message);
}
