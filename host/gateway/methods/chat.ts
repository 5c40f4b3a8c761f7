/** `chat.send`, `chat.history`, `chat.abort`. */
import * as v from "valibot";
import { GATEWAY } from "#host/base/limits.ts";
import { QUEUE_MODES } from "#host/base/queue-settings.ts";
import type { ChatPort, ModelsPort } from "#host/gateway/ports.ts";
import type { TranscriptMessage, TranscriptPage } from "#host/base/transcript.ts";
import type {
  ChatAbortAnswer,
  ChatHistoryAnswer,
  ChatSendAnswer,
  HistoryMessage,
} from "#host/gateway/protocol/chat.ts";
import { invalidRequest } from "#host/gateway/protocol/errors.ts";
import { parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { activeRuns, modelDefaults } from "#host/gateway/session-rows.ts";
import { defineMethod, Refusal, type AnyMethod } from "./method.ts";

const text = v.pipe(v.string(), v.minLength(1));
const HISTORY_DEFAULT = 200;
const HISTORY_MAX = 1000;

/** What upstream takes besides: hints that change nothing here. What would change the answer is refused. */
const sendParams = v.strictObject({
  sessionKey,
  message: v.pipe(v.string(), v.maxLength(GATEWAY.maxMessageChars)),
  idempotencyKey: v.pipe(text, v.maxLength(256)),
  attachments: v.optional(v.array(v.unknown())),
  agentId: v.optional(text),
  sessionId: v.optional(text),
  thinking: v.optional(v.string()),
  fastMode: v.optional(v.unknown()),
  fastAutoOnSeconds: v.optional(v.number()),
  queueMode: v.optional(v.picklist(QUEUE_MODES)),
  deliver: v.optional(v.boolean()),
  originatingChannel: v.optional(v.string()),
  originatingTo: v.optional(v.string()),
  originatingAccountId: v.optional(v.string()),
  originatingThreadId: v.optional(v.string()),
  replyToId: v.optional(text),
  timeoutMs: v.optional(v.number()),
  suppressCommandInterpretation: v.optional(v.boolean()),
  expectedSessionRoutingContract: v.optional(text),
});

export function sendMethod(chat: ChatPort): AnyMethod {
  return defineMethod({
    name: "chat.send",
    scope: "operator.write",
    params: sendParams,
    explain: (params) =>
      typeof params === "object" && params !== null && "sessionKey" in params
        ? null
        : invalidRequest("session mutation target is unavailable", {
            code: "SESSION_MUTATION_TARGET_REQUIRED",
            method: "chat.send",
          }),
    async run(params): Promise<ChatSendAnswer | Refusal> {
      const refused = refuseContent(params.message, params.attachments);
      if (refused !== null) return refused;
      return chat.send({
        sessionKey: parseSessionKey(params.sessionKey),
        message: params.message,
        runId: params.idempotencyKey,
        ...(params.queueMode === undefined ? {} : { queueMode: params.queueMode }),
      });
    },
  });
}

function refuseContent(message: string, attachments: readonly unknown[] = []): Refusal | null {
  if (attachments.length > 0) {
    return new Refusal(
      invalidRequest(`Cannot send ${attachments.length} attachment(s): this gateway takes text only`, {
        code: "ATTACHMENTS_NOT_SUPPORTED",
        fix: "Send the text without attachments",
      }),
    );
  }
  return message.trim() === "" ? new Refusal(invalidRequest("message or attachment required")) : null;
}

const abortParams = v.strictObject({
  sessionKey,
  agentId: v.optional(text),
  runId: v.optional(text),
  preserveSideRuns: v.optional(v.boolean()),
});

export function abortMethod(chat: ChatPort): AnyMethod {
  return defineMethod({
    name: "chat.abort",
    scope: "operator.write",
    params: abortParams,
    async run(params): Promise<ChatAbortAnswer> {
      const runIds = await chat.abort(parseSessionKey(params.sessionKey), params.runId ?? null);
      return { ok: true, aborted: runIds.length > 0, runIds };
    },
  });
}

const historyParams = v.strictObject({
  sessionKey,
  agentId: v.optional(text),
  sessionId: v.optional(text),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HISTORY_MAX)), HISTORY_DEFAULT),
  /** How many of the newest messages to pass over. */
  offset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** `nextCursor` of an earlier answer. */
  cursor: v.optional(
    v.pipe(v.string(), v.regex(/^[1-9]\d{0,15}$/, "must be a cursor that this gateway gave")),
  ),
  maxChars: v.optional(v.number()),
});

type HistoryParams = v.InferOutput<typeof historyParams>;

export function historyMethod(chat: ChatPort, models: ModelsPort): AnyMethod {
  return defineMethod({
    name: "chat.history",
    scope: "operator.read",
    params: historyParams,
    async run(params): Promise<ChatHistoryAnswer> {
      const key = parseSessionKey(params.sessionKey);
      const page = await chat.history(key, params.limit, await startOf(chat, key, params));
      const runIds = activeRuns(chat).get(key) ?? [];
      return {
        ...toHistory(page),
        defaults: modelDefaults(models),
        sessionInfo: { key, hasActiveRun: runIds.length > 0, activeRunIds: runIds },
      };
    },
  });
}

/** The position before which the page ends; null for the end of the session. */
async function startOf(chat: ChatPort, key: string, params: HistoryParams): Promise<number | null> {
  if (params.cursor !== undefined) return Number(params.cursor);
  if (params.offset === 0) return null;
  const newest = (await chat.history(key, 1, null)).messages[0]?.seq ?? 0;
  return Math.max(1, newest - params.offset + 1);
}

function toHistory(page: TranscriptPage): Omit<ChatHistoryAnswer, "defaults" | "sessionInfo"> {
  const oldest = page.messages[0];
  return {
    sessionKey: page.sessionKey,
    ...(page.sessionId === null ? {} : { sessionId: page.sessionId }),
    messages: page.messages.map(toHistoryMessage),
    hasMore: page.hasMore,
    ...(page.hasMore && oldest !== undefined ? { nextCursor: String(oldest.seq) } : {}),
  };
}

function toHistoryMessage({ id, seq, runId, message }: TranscriptMessage): HistoryMessage {
  return { ...message, __openclaw: { id, seq, ...(runId === null ? {} : { runId }) } };
}
