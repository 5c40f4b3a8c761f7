/**
 * Policy for a call of the owner's model: granted at all, within the bounds of one call, and within the day's budget.
 *
 * Pure. What a call may cost is reckoned from above before anything is spent: a token of text stands for one byte
 * at least, so that text of so many bytes is no more tokens than that. An image is the exception: services count
 * its tokens by rules of their own, and `LLM.imageTokens` is more than today's come to.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { LlmChatEffect, LlmMessage } from "#host/base/effect.ts";
import { LLM } from "#host/base/limits.ts";
import type { ImagePart, TextPart } from "#host/base/message.ts";
import type { Facts, LlmPass } from "./policy.ts";

const CANNOT = "Cannot call the model";
const BLOCK = `"permissions": { "llm": { "maxTokensPerDay": 50000 } }`;

export function decideLlm(facts: Facts, request: LlmChatEffect): LlmPass | Denied {
  const { llm } = facts.rights;
  if (llm === null) {
    return denied(
      `${CANNOT}: it is not declared in the manifest of "${facts.plugin}", or not granted`,
      `Add ${BLOCK} to its openclaw.plugin.json and grant it`,
    );
  }
  const wrong = whyNoCall(request);
  if (wrong !== null) return denied(`${CANNOT}: ${wrong.rule}`, wrong.fix);
  const left = llm.maxTokensPerDay - facts.tokens.spentToday();
  const inputTokens = mostTokensOf(request);
  const maxTokens = request.maxTokens ?? Math.min(LLM.answerTokens, Math.max(1, left - inputTokens));
  const pass: LlmPass = { allowed: true, inputTokens, maxTokens, tokensPerDay: llm.maxTokensPerDay };
  return inputTokens + maxTokens <= left ? pass : overBudget(facts, pass);
}

/** The denial of a call that today's budget has no room for. */
export function overBudget({ plugin, tokens }: Facts, pass: LlmPass): Denied {
  const most = pass.inputTokens + pass.maxTokens;
  const limit = pass.tokensPerDay;
  const spent = tokens.spentToday();
  const reset = new Date(tokens.resetsAt()).toISOString().replace(":00.000Z", "Z");
  const reason = `${CANNOT}: "${plugin}" has spent ${spent} of its ${limit} tokens of today, and this call may take up to ${most}`;
  if (most > limit) {
    return denied(reason, `Send less, or ask for a higher "maxTokensPerDay" in its openclaw.plugin.json`);
  }
  return denied(
    reason,
    `Wait until ${reset}, when the day begins anew, send less, or ask for a higher "maxTokensPerDay" in its openclaw.plugin.json`,
  );
}

interface Wrong {
  readonly rule: string;
  readonly fix: string;
}

function whyNoCall({ messages, maxTokens = 1 }: LlmChatEffect): Wrong | null {
  const images = messages.flatMap(partsOf).filter((part) => part.type === "image").length;
  if (messages.at(-1)?.role !== "user") {
    return { rule: "the last message is not the user's", fix: "End with what the model is to answer" };
  }
  if (maxTokens > LLM.maxAnswerTokens) {
    return {
      rule: `an answer of ${maxTokens} tokens is too long, the limit is ${LLM.maxAnswerTokens}`,
      fix: "Ask for less at once",
    };
  }
  return images > LLM.maxImages
    ? { rule: `it has ${images} images, the limit is ${LLM.maxImages}`, fix: "Send fewer images at once" }
    : null;
}

function mostTokensOf({ messages, schema }: LlmChatEffect): number {
  const schemaTokens = schema === undefined ? 0 : bytesOf(JSON.stringify(schema));
  const fixed: number = LLM.callTokens + schemaTokens;
  return messages.reduce((sum, message) => sum + mostTokensOfMessage(message), fixed);
}

function mostTokensOfMessage(message: LlmMessage): number {
  return partsOf(message).reduce<number>(
    (sum, part) => sum + (part.type === "text" ? bytesOf(part.text) : LLM.imageTokens),
    LLM.messageTokens,
  );
}

function partsOf({ content }: LlmMessage): readonly (TextPart | ImagePart)[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
