/** Everything that the page shows, as one value, and everything that can happen to it. */
import type { ApprovalEntry, ChatHistoryAnswer, HelloOk, PluginRow, Readiness, SessionRow } from "../wire.ts";
import { EMPTY_TRANSCRIPT, type Transcript } from "./transcript.ts";

export type Access =
  | { readonly phase: "checking" }
  | { readonly phase: "signed-in" }
  /** `problem` says what is wrong; null for a first visit. */
  | { readonly phase: "signed-out"; readonly problem: string | null };

export type Link =
  | { readonly phase: "connecting" }
  | { readonly phase: "open"; readonly version: string }
  /** `retryAt` in milliseconds since 1970. */
  | { readonly phase: "lost"; readonly reason: string; readonly retryAt: number };

export interface Notice {
  readonly id: number;
  readonly text: string;
}

export interface AppState {
  readonly access: Access;
  readonly link: Link;
  readonly sessionKey: string;
  readonly sessions: readonly SessionRow[];
  /** Sessions with an answer that nobody has looked at. */
  readonly unread: ReadonlySet<string>;
  readonly transcript: Transcript;
  readonly approvals: readonly ApprovalEntry[];
  readonly plugins: readonly PluginRow[];
  readonly readiness: Readiness | null;
  readonly notices: readonly Notice[];
}

export type Action =
  | { readonly type: "access"; readonly access: Access }
  | { readonly type: "link-connecting" }
  | { readonly type: "link-open"; readonly hello: HelloOk }
  | { readonly type: "link-lost"; readonly reason: string; readonly retryAt: number }
  | { readonly type: "event"; readonly event: string; readonly payload: unknown; readonly now: number }
  | { readonly type: "sessions"; readonly sessions: readonly SessionRow[] }
  | { readonly type: "session-open"; readonly key: string }
  | { readonly type: "history-loading"; readonly what: "newest" | "older" }
  | { readonly type: "history-failed"; readonly reason: string }
  | {
      readonly type: "history";
      readonly what: "newest" | "older";
      readonly page: ChatHistoryAnswer;
      readonly now: number;
    }
  | { readonly type: "send"; readonly runId: string; readonly text: string; readonly now: number }
  | { readonly type: "send-accepted"; readonly runId: string }
  | { readonly type: "send-failed"; readonly runId: string }
  | { readonly type: "approvals"; readonly approvals: readonly ApprovalEntry[] }
  | { readonly type: "approval-gone"; readonly id: string }
  | { readonly type: "plugins"; readonly plugins: readonly PluginRow[] }
  | { readonly type: "readiness"; readonly readiness: Readiness }
  | { readonly type: "notice"; readonly id: number; readonly text: string }
  | { readonly type: "notice-gone"; readonly id: number };

export const MAIN_SESSION = "agent:main:main";

export function initialState(sessionKey: string): AppState {
  return {
    access: { phase: "checking" },
    link: { phase: "connecting" },
    sessionKey,
    sessions: [],
    unread: new Set(),
    transcript: EMPTY_TRANSCRIPT,
    approvals: [],
    plugins: [],
    readiness: null,
    notices: [],
  };
}
