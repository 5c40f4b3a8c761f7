/**
 * Sessions and their messages, as the agent uses them and the store keeps them.
 *
 * Every method is durable when it resolves: what was appended is there after a kill. What is thrown is a
 * HostError. Keys are normalised already (`agent:main:main`); the store takes them as they come.
 */
import type { Message, StoredMessage, SummaryMessage, Usage } from "./message.ts";

/** How much of a session a turn loads. Whichever is reached first ends it. */
export interface RecentLimits {
  readonly messages: number;
  /** Characters of the messages as stored (JSON). The newest message comes even if it alone is longer. */
  readonly chars: number;
}

export interface AppendedTo {
  /** The run that the message belongs to. */
  readonly runId: string;
  /** Tokens of the model call that made this message; counted into the session's totals. */
  readonly usage?: Usage;
}

/**
 * What is stored of a run, or of the one that took its message along (a message with its key); looked for in all of the key's messages, those before `startNew` included.
 *
 * `none`: no message of it. `answered`: its newest assistant message has another stop reason than
 * `toolUse` (`stop`, `length`, `error` and `aborted` all end a run). `unanswered`: anything else, as a
 * killed host leaves it.
 */
export type StoredRun = "none" | "answered" | "unanswered";

export interface TranscriptMessage {
  readonly id: string;
  /** Position in the session, from 1. */
  readonly seq: number;
  readonly runId: string | null;
  readonly message: StoredMessage;
}

export interface RecentMessages {
  /** The newest one. */
  readonly summary: SummaryMessage | null;
  /** What it does not cover, oldest first. */
  readonly messages: readonly { readonly seq: number; readonly message: Message }[];
}

export interface TranscriptPage {
  readonly sessionKey: string;
  /** Null for a session that does not exist; reading does not make one. */
  readonly sessionId: string | null;
  /** Oldest first. */
  readonly messages: readonly TranscriptMessage[];
  readonly hasMore: boolean;
}

export interface Transcript {
  /** The session of this key, made if there is none. */
  open(sessionKey: string, agentId: string): Promise<{ readonly sessionId: string }>;
  /** Gives the key a new, empty session. The old messages are kept but no longer belong to the key's history. */
  startNew(sessionKey: string, agentId: string): Promise<{ readonly sessionId: string }>;
  /** The newest messages, oldest first. Costs the same however long the session is. */
  recent(sessionId: string, limits: RecentLimits): Promise<RecentMessages>;
  /** A user message with an `idempotencyKey` that the session already has is refused (`request.invalid`). */
  append(
    sessionId: string,
    message: StoredMessage,
    to: AppendedTo,
  ): Promise<{ readonly id: string; readonly seq: number }>;
  findRun(sessionKey: string, runId: string): Promise<StoredRun>;
  /** The newest `limit` messages before position `beforeSeq`, or of all if it is null. */
  page(sessionKey: string, limit: number, beforeSeq: number | null): Promise<TranscriptPage>;
}
