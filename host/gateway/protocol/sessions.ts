/** Sessions on the wire: rows of `sessions.list`, and the events that tell of changes. */
import type { Message } from "#host/base/message.ts";

export interface SessionRow {
  /** `agent:<agentId>:<rest>`. */
  readonly key: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly kind: "direct";
  readonly isMain: boolean;
  /** As the owner named it; null if not named. */
  readonly label: string | null;
  readonly displayName: string;
  readonly lastMessagePreview: string | null;
  readonly messageCount: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly hasActiveRun: boolean;
  readonly activeRunIds: readonly string[];
  /** What answers here, and whether the owner chose it for this conversation. */
  readonly modelProvider: string;
  readonly model: string;
  readonly modelOverrideSource: "user" | null;
  /** Null for the model's own way. */
  readonly thinkingLevel: string | null;
}

export interface SessionsListAnswer {
  readonly ts: number;
  readonly path: string;
  readonly count: number;
  readonly totalCount: number;
  readonly limitApplied: number;
  readonly nextOffset: number | null;
  readonly hasMore: boolean;
  readonly defaults: { readonly modelProvider: string; readonly model: string };
  readonly sessions: readonly SessionRow[];
}

/** `sessions.changed`. `reason` for what an owner did, `phase` for what a run did. */
export interface SessionsChanged {
  readonly sessionKey: string;
  readonly agentId: string;
  readonly ts: number;
  readonly reason?: "send" | "patch" | "compact" | "delete";
  readonly phase?: "start" | "end" | "error";
  readonly runId?: string;
  readonly label?: string | null;
  readonly modelProvider?: string;
  readonly model?: string;
  readonly thinkingLevel?: string | null;
  readonly hasActiveRun?: boolean;
  readonly activeRunIds?: readonly string[];
}

/** `session.message`: a message that was added to a session. */
export interface SessionMessage {
  readonly sessionKey: string;
  readonly agentId: string;
  readonly message: Message & { readonly __openclaw: { readonly runId: string } };
}
