/**
 * Plugins and approvals on the wire.
 *
 * Upstream's fields keep upstream's meaning: `state` is one of its few words. What we know beyond that
 * stands beside it under names of our own, `standing` first of all.
 */
import type { Approval, ApprovalDecision } from "#host/base/approval.ts";

export interface PluginRow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly kind: readonly string[];
  readonly category: string;
  readonly origin: string;
  readonly installed: true;
  readonly enabled: boolean;
  readonly state: "enabled" | "disabled" | "error";
  readonly error?: string;
  readonly removable: boolean;
  readonly standing: "ready" | "waiting" | "denied" | "broken" | "suspended" | "quarantined" | "disabled";
  readonly problem: string | null;
  readonly tools: readonly string[];
  /** What it asks for and what it holds, one line each. */
  readonly asks: readonly string[];
  /** Names what `asks` says; `plugins.grant` takes it. Null where there is nothing to grant. */
  readonly request: string | null;
  readonly holds: readonly string[];
  /** Domains that it asks for and that the operator's Squid does not let through. */
  readonly outsideAllowlist: readonly string[];
  /** True if it holds other hosts than Squid's files were last written with. */
  readonly unknownToSquid: boolean;
}

export interface PluginsListAnswer {
  readonly plugins: readonly PluginRow[];
  readonly diagnostics: readonly { readonly level: "warn"; readonly message: string }[];
  readonly mutationAllowed: true;
}

/** What `plugins.grant`, `.deny`, `.revoke` and `.install` answer. */
export interface PluginAnswer {
  readonly ok: true;
  readonly plugin: PluginRow;
  readonly restartRequired: false;
}

/** An entry of `plugin.approval.list` and the payload of `plugin.approval.requested`. */
export type ApprovalEntry = Approval & {
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly request: {
    readonly pluginId: string;
    readonly title: string;
    /** The lines, at most 512 characters. */
    readonly description: string;
    readonly severity: "warning";
    readonly allowedDecisions: readonly ApprovalDecision[];
    readonly agentId: string;
    readonly sessionKey: string | null;
  };
};

export interface ApprovalResolved {
  readonly id: string;
  readonly decision: ApprovalDecision | "expired" | "cancelled";
  readonly ts: number;
}
