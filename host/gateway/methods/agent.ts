/** `agent`: one run, answered twice under one id: accepted at once, the result at its end. */
import * as v from "valibot";
import { GATEWAY } from "#host/base/limits.ts";
import type { Clock } from "#host/base/clock.ts";
import type { ChatPort } from "#host/gateway/ports.ts";
import type { AgentRunAnswer } from "#host/gateway/protocol/chat.ts";
import { runToEnd, type RunEnd } from "#host/gateway/run-to-end.ts";
import { MAIN_AGENT, MAIN_KEY, parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { defineMethod, Refusal, type AnyMethod } from "./method.ts";

const text = v.pipe(v.string(), v.minLength(1));

const agentParams = v.strictObject({
  message: v.pipe(text, v.maxLength(GATEWAY.maxMessageChars)),
  idempotencyKey: v.pipe(text, v.maxLength(256)),
  sessionKey: v.optional(sessionKey, MAIN_KEY),
  agentId: v.optional(v.literal(MAIN_AGENT)),
  sessionId: v.optional(v.string()),
  thinking: v.optional(v.string()),
  deliver: v.optional(v.literal(false)),
  channel: v.optional(v.string()),
  timeout: v.optional(v.number()),
  lane: v.optional(v.string()),
});

export function agentMethod(chat: ChatPort, clock: Clock): AnyMethod {
  return defineMethod({
    name: "agent",
    scope: "operator.write",
    params: agentParams,
    async run(params, call): Promise<AgentRunAnswer | Refusal> {
      const key = parseSessionKey(params.sessionKey);
      const runId = params.idempotencyKey;
      const startedAt = clock.now();
      const end = await runToEnd(
        chat,
        { sessionKey: key, message: params.message, runId },
        {
          accepted: () =>
            call.early({
              runId,
              sessionKey: key,
              agentId: MAIN_AGENT,
              status: "accepted",
              acceptedAt: clock.now(),
            }),
        },
      );
      if (end.state === "error") return new Refusal({ code: "UNAVAILABLE", message: end.errorMessage });
      return toAnswer(runId, end, clock.now() - startedAt);
    },
  });
}

function toAnswer(
  runId: string,
  end: Exclude<RunEnd, { state: "error" }>,
  durationMs: number,
): AgentRunAnswer {
  const { usage, provider, model, sessionId } = end;
  return {
    runId,
    status: end.state === "final" ? "ok" : "aborted",
    summary: end.state === "final" ? "completed" : "aborted",
    result: {
      payloads: end.text === "" ? [] : [{ text: end.text, mediaUrl: null }],
      meta: {
        durationMs,
        agentMeta: {
          sessionId,
          provider,
          model,
          usage: { input: usage.input, output: usage.output, total: usage.totalTokens },
        },
      },
    },
  };
}
