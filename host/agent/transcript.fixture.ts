/**
 * A transcript in memory that keeps the promises of `Transcript`, for the agent's tests. `fail` makes the
 * next appends reject, as a full disk would.
 */
import { HostError } from "#host/base/errors.ts";
import type { Message, StoredMessage } from "#host/base/message.ts";
import type { StoredRun, Transcript, TranscriptMessage } from "#host/base/transcript.ts";

interface Session {
  readonly key: string;
  readonly messages: TranscriptMessage[];
}

export interface MemoryTranscript extends Transcript {
  /** All messages of a key's present session. */
  messages(sessionKey: string): StoredMessage[];
  /** From now on, appends for which this is true reject. */
  failFor(test: (message: StoredMessage) => boolean): void;
}

export function createMemoryTranscript(): MemoryTranscript {
  const sessions = new Map<string, Session>();
  const current = new Map<string, string>();
  let fails: (message: StoredMessage) => boolean = () => false;

  const startNew = (key: string) => {
    const sessionId = crypto.randomUUID();
    sessions.set(sessionId, { key, messages: [] });
    current.set(key, sessionId);
    return { sessionId };
  };
  const messagesOf = (sessionId: string) => sessions.get(sessionId)?.messages ?? [];

  return {
    failFor(test) {
      fails = test;
    },
    messages: (key) => messagesOf(current.get(key) ?? "").map((stored) => stored.message),
    async open(key) {
      const sessionId = current.get(key);
      return sessionId === undefined ? startNew(key) : { sessionId };
    },
    async startNew(key) {
      return startNew(key);
    },
    async recent(sessionId, limits) {
      const all = messagesOf(sessionId);
      const summary = all.findLast(({ message }) => message.role === "compactionSummary")?.message;
      const upTo = summary?.role === "compactionSummary" ? summary.upTo : 0;
      const newest: { seq: number; message: Message }[] = [];
      let chars = 0;
      for (const { seq, message } of all.toReversed()) {
        if (message.role === "compactionSummary") continue;
        chars += JSON.stringify(message).length;
        if (seq <= upTo || newest.length >= limits.messages) break;
        if (newest.length > 0 && chars > limits.chars) break;
        newest.unshift({ seq, message });
      }
      return { summary: summary?.role === "compactionSummary" ? summary : null, messages: newest };
    },
    async append(sessionId, message, { runId }) {
      if (fails(message)) throw new HostError("state.unwritable", "Cannot write: the disk is full");
      const messages = messagesOf(sessionId);
      const stored = { id: crypto.randomUUID(), seq: messages.length + 1, runId, message };
      messages.push(stored);
      return stored;
    },
    async findRun(key, runId) {
      const all = [...sessions.values()].filter((one) => one.key === key).flatMap((one) => one.messages);
      const own = stateOf(all.filter((stored) => stored.runId === runId));
      const taken = all.find(({ message }) => message.role === "user" && message.idempotencyKey === runId);
      if (own !== "none" || taken === undefined) return own;
      return stateOf(all.filter((stored) => stored.runId === taken.runId));
    },
    async page(sessionKey, limit, beforeSeq) {
      const sessionId = current.get(sessionKey) ?? null;
      const before = messagesOf(sessionId ?? "").filter((stored) => stored.seq < (beforeSeq ?? Infinity));
      return { sessionKey, sessionId, messages: before.slice(-limit), hasMore: before.length > limit };
    },
  };
}

function stateOf(messages: readonly TranscriptMessage[]): StoredRun {
  if (messages.length === 0) return "none";
  const answer = messages.findLast((stored) => stored.message.role === "assistant")?.message;
  return answer?.role === "assistant" && answer.stopReason !== "toolUse" ? "answered" : "unanswered";
}
