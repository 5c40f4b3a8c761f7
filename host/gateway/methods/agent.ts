/** `agent`: one run, answered twice under one id: accepted at once, the result at its end. `agent.wait`: its end alone. */
import * as v from "valibot";
import { GATEWAY } from "#host/base/limits.ts";
import type { Clock } from "#host/base/clock.ts";
import type { ChatPort } from "#host/gateway/ports.ts";
import type { AgentRunAnswer } from "#host/gateway/protocol/chat.ts";
import { runToEnd, type RunEnd } from "#host/gateway/run-to-end.ts";
import type { RunLog } from "#host/gateway/run-log.ts";
import { MAIN_AGENT, MAIN_KEY, parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { defineMethod, Refusal, type AnyMethod } from "./method.ts";

/** Of a run with a bound; what a timer takes at most is some 24 days. */
const MOST_SECONDS = 7 * 24 * 60 * 60;
const WAIT_DEFAULT_MS = 30_000;

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
  /** Seconds after which the run is stopped. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(0))),
  lane: v.optional(v.string()),
});

const waitParams = v.strictObject({
  runId: text,
  timeoutMs: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(GATEWAY.maxWaitMs)),
    WAIT_DEFAULT_MS,
  ),
});

/** `agent.wait`: how a run ended, however it was started; `timeout` where it has not within the time. */
export function waitMethod(runs: Pick<RunLog, "wait">): AnyMethod {
  return defineMethod({
    name: "agent.wait",
    scope: "operator.write",
    params: waitParams,
    async run({ runId, timeoutMs }) {
      const end = await runs.wait(runId, timeoutMs);
      if (end === null) return { runId, status: "timeout" };
      const { startedAt, endedAt, stopReason, error } = end;
      const status = end.status === "ok" ? "ok" : "error";
      const words = end.status === "aborted" ? "The run was stopped" : error;
      return { runId, status, startedAt, endedAt, stopReason, ...(words === null ? {} : { error: words }) };
    },
  });
}

export function agentMethod(chat: ChatPort, clock: Clock): AnyMethod {
  return defineMethod({
    name: "agent",
    scope: "operator.write",
    params: agentParams,
    async run(params, call): Promise<AgentRunAnswer | Refusal> {
      const key = parseSessionKey(params.sessionKey);
      const runId = params.idempotencyKey;
      const startedAt = clock.now();
      const stop = () => void chat.abort(key, runId);
      const timer = params.timeout
        ? setTimeout(stop, Math.min(params.timeout, MOST_SECONDS) * 1_000)
        : undefined;
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
      ).finally(() => clearTimeout(timer));
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
        aborted: end.state === "aborted",
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
