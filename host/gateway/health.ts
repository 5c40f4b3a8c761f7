/** How the host is: for `health`, `status`, hello-ok and `/readyz`. Facts only, no probing. */
import type { Clock } from "#host/base/clock.ts";
import type { GatewayPorts } from "./ports.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import type { HealthDetails, HealthPayload, ReadyPayload } from "./protocol/status.ts";
import { sessionsSnapshot } from "./session-rows.ts";
import { MAIN_AGENT } from "./session-key.ts";

export interface HealthDeps {
  readonly ports: GatewayPorts;
  readonly clock: Clock;
  readonly version: string;
  /** Where sessions are kept, for people. */
  readonly sessionsPath: string;
}

/** Upstream's payload; its schema is closed. */
export async function healthPayload({ ports, clock, sessionsPath }: HealthDeps): Promise<HealthPayload> {
  const startedAt = clock.monotonic();
  const ts = clock.now();
  const sessions = await sessionsSnapshot(ports.sessions, sessionsPath, ts);
  const plugins = ports.plugins.list();
  return {
    ok: true,
    ts,
    durationMs: Math.round(clock.monotonic() - startedAt),
    plugins: {
      loaded: plugins.filter(({ state }) => state === "ready").map(({ id }) => id),
      errors: plugins.filter(({ state }) => state === "broken" || state === "quarantined").map(toPluginError),
    },
    channels: {},
    channelOrder: [],
    channelLabels: {},
    defaultAgentId: MAIN_AGENT,
    sessions,
  };
}

function toPluginError({
  id,
  origin,
  problem,
  state,
}: PluginSummary): HealthPayload["plugins"]["errors"][number] {
  return { id, origin, activated: false, error: problem ?? state };
}

/** What we know beyond that. */
export function healthDetails({ ports }: HealthDeps): HealthDetails {
  const reason = ports.health.notReady();
  return {
    ready: reason === null,
    reason,
    model: { ...ports.models.status() },
    walls: ports.health.walls().map((wall) => ({ ...wall })),
    facts: ports.health.facts(),
  };
}

export function readyPayload(deps: HealthDeps): ReadyPayload {
  const { ready, reason, model, walls, facts } = healthDetails(deps);
  const plugins = deps.ports.plugins.list();
  const byState: Record<string, number> = {};
  for (const { state } of plugins) byState[state] = (byState[state] ?? 0) + 1;
  return {
    ready,
    reason,
    version: deps.version,
    walls,
    model,
    plugins: { total: plugins.length, byState },
    runtime: facts,
  };
}
