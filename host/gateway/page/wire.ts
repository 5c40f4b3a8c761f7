/**
 * The gateway's frames and answers, as far as this page reads them.
 *
 * The page trusts its own origin: these are types, not checks. Facts that the protocol leaves open
 * (`/readyz` carries them as JSON) get their shape here.
 */
import type { ErrorShape } from "#host/gateway/protocol/errors.ts";

export type {
  AgentEventPayload,
  ChatEvent,
  ChatHistoryAnswer,
  HistoryMessage,
  ToolEventData,
  ToolOutput,
} from "#host/gateway/protocol/chat.ts";
export type { ServerFrame } from "#host/gateway/protocol/frames.ts";
export type {
  ApprovalEntry,
  ApprovalResolved,
  PluginRow,
  PluginsListAnswer,
} from "#host/gateway/protocol/plugins.ts";
export type { SessionMessage, SessionRow, SessionsListAnswer } from "#host/gateway/protocol/sessions.ts";
export type { ErrorShape };

/** The part of hello-ok that is read. */
export interface HelloOk {
  readonly server: { readonly version: string };
  readonly policy: { readonly tickIntervalMs: number };
}

export interface Wall {
  readonly id: string;
  readonly state: "stands" | "missing" | "unknown";
  readonly detail: string;
  readonly fix?: string;
}

export interface ModelStatus {
  readonly provider: string;
  readonly model: string;
  readonly how: "configured" | "found" | "demo";
  readonly why: string;
  readonly reachable: boolean;
  readonly problem: string | null;
}

/** `/readyz`. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason: string | null;
  readonly version: string;
  readonly walls: readonly Wall[];
  readonly model: ModelStatus;
  /** Facts for people. `configProblem` says why the last good configuration is still in use. */
  readonly runtime: { readonly configProblem?: string | null; readonly [fact: string]: unknown };
}
