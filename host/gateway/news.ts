/** What happens in the host, told to the clients whom it concerns; and the ticks that keep their lines alive. */
import type { Clock } from "#host/base/clock.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import type { Hub } from "./hub.ts";
import { toApprovalEntry } from "./plugin-rows.ts";
import type { GatewayPorts } from "./ports.ts";
import type { ApprovalChange } from "#host/base/approval.ts";
import type { SessionsChanged } from "./protocol/sessions.ts";
import { RunEvents } from "./run-events.ts";

export interface News {
  sessionsChanged(change: SessionsChanged): void;
  stop(): void;
}

export function startNews(deps: {
  readonly ports: GatewayPorts;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
}): News {
  const { ports, hub, clock, limits } = deps;
  const sessionsChanged = (change: SessionsChanged) =>
    hub.broadcast("sessions.changed", change, "operator.read", ({ watched }) => watched.sessions);
  const runs = new RunEvents({ hub, clock, limits, sessionsChanged });
  const unsubscribe = [
    ports.chat.subscribe((event) => runs.handle(event)),
    ports.plugins.onChange(() => hub.broadcast("plugins.changed", { ts: clock.now() }, "operator.read")),
    ports.approvals.subscribe((change) => tellApproval(hub, change, clock.now())),
  ];
  const ticker = setInterval(() => hub.broadcast("tick", { ts: clock.now() }, null), limits.tickIntervalMs);
  ticker.unref();
  return {
    sessionsChanged,
    stop() {
      for (const stop of unsubscribe) stop();
      clearInterval(ticker);
      runs.stop();
    },
  };
}

function tellApproval(hub: Hub, change: ApprovalChange, ts: number): void {
  if (change.type === "requested") {
    hub.broadcast("plugin.approval.requested", toApprovalEntry(change.approval), "operator.approvals");
  } else {
    const { id, decision } = change;
    hub.broadcast("plugin.approval.resolved", { id, decision, ts }, "operator.approvals");
  }
}
