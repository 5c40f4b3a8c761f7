/** Plugins and approvals as clients see them. Pure. */
import type { Approval } from "#host/base/approval.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import type { ApprovalEntry, PluginRow } from "./protocol/plugins.ts";
import { MAIN_AGENT } from "./session-key.ts";

const UPSTREAM_STATE: Record<PluginSummary["state"], PluginRow["state"]> = {
  ready: "enabled",
  waiting: "disabled",
  denied: "disabled",
  suspended: "disabled",
  disabled: "disabled",
  broken: "error",
  quarantined: "error",
};

const UPSTREAM_ORIGIN: Record<PluginSummary["origin"], string> = {
  builtin: "bundled",
  dropped: "workspace",
  installed: "global",
};

export function toPluginRow(plugin: PluginSummary): PluginRow {
  const state = UPSTREAM_STATE[plugin.state];
  return {
    id: plugin.id,
    name: plugin.name,
    version: plugin.version,
    description: plugin.description,
    kind: [plugin.kind],
    category: plugin.kind,
    origin: UPSTREAM_ORIGIN[plugin.origin],
    installed: true,
    enabled: state === "enabled",
    state,
    ...(state === "error" && plugin.problem !== null ? { error: plugin.problem } : {}),
    removable: plugin.origin !== "builtin",
    standing: plugin.state,
    problem: plugin.problem,
    tools: plugin.tools,
    asks: plugin.asks,
    request: plugin.request,
    holds: plugin.holds,
    outsideAllowlist: plugin.outsideAllowlist ?? [],
    unknownToSquid: plugin.unknownToSquid ?? false,
  };
}

export function toApprovalEntry(approval: Approval): ApprovalEntry {
  return {
    ...approval,
    createdAtMs: approval.createdAt,
    expiresAtMs: approval.expiresAt,
    request: {
      pluginId: approval.pluginId,
      title: approval.title,
      description: approval.lines.join("\n").slice(0, 512),
      severity: "warning",
      allowedDecisions: approval.decisions,
      agentId: MAIN_AGENT,
      sessionKey: approval.sessionKey,
    },
  };
}
