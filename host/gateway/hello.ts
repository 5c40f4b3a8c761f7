/** hello-ok: what a client is told once it is in (protocol.md, "Handshake"). */
import type { GatewayLimits } from "./gateway-limits.ts";
import { healthPayload, type HealthDeps } from "./health.ts";
import type { GatewaySettings } from "./ports.ts";
import type { HelloAuth, HelloOk } from "./protocol/connect.ts";
import { PROTOCOL_VERSION } from "./protocol/frames.ts";
import { MAIN_AGENT, MAIN_KEY } from "./session-key.ts";

/** Every event that the gateway sends. */
export const EVENTS = [
  "connect.challenge",
  "agent",
  "chat",
  "session.message",
  "sessions.changed",
  "tick",
  "shutdown",
  "plugins.changed",
  "plugin.approval.requested",
  "plugin.approval.resolved",
] as const;

export function createHello(deps: {
  readonly health: HealthDeps;
  readonly settings: GatewaySettings;
  readonly limits: GatewayLimits;
  readonly bootId: string;
  readonly methods: readonly string[];
}): (connId: string, auth: HelloAuth) => Promise<HelloOk> {
  const { health, settings, limits, bootId, methods } = deps;
  const { clock } = health;
  const startedAt = clock.monotonic();
  return async (connId, auth) => ({
    type: "hello-ok",
    protocol: PROTOCOL_VERSION,
    server: { version: settings.version, bootId, connId },
    features: { methods, events: EVENTS, capabilities: [] },
    snapshot: {
      presence: [{ host: "gateway", mode: "gateway", ts: clock.now() }],
      health: await healthPayload(health),
      stateVersion: { presence: 0, health: 0 },
      uptimeMs: Math.round(clock.monotonic() - startedAt),
      sessionDefaults: {
        defaultAgentId: MAIN_AGENT,
        modelConfigured: health.ports.models.status().how !== "demo",
        mainKey: "main",
        mainSessionKey: MAIN_KEY,
        scope: "per-sender",
      },
      configPath: settings.configPath,
      stateDir: settings.stateDir,
      authMode: "token",
    },
    auth,
    policy: {
      maxPayload: limits.maxPayloadBytes,
      maxBufferedBytes: limits.maxBufferedBytes,
      tickIntervalMs: limits.tickIntervalMs,
    },
  });
}
