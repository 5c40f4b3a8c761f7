/** `health`, `status` and `channels.status`. */
import * as v from "valibot";
import { healthDetails, healthPayload, type HealthDeps } from "#host/gateway/health.ts";
import { modelDefaults } from "#host/gateway/session-rows.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const healthParams = v.strictObject({ probe: v.optional(v.boolean()), timeoutMs: v.optional(v.number()) });
const channelsParams = v.strictObject({
  probe: v.optional(v.boolean()),
  timeoutMs: v.optional(v.number()),
  channel: v.optional(v.string()),
});

export function statusMethods(deps: HealthDeps): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "health",
      scope: "operator.read",
      params: healthParams,
      run: async () => ({ ...(await healthPayload(deps)), ...healthDetails(deps) }),
    }),
    defineMethod({ name: "status", scope: "operator.read", params: healthParams, run: () => status(deps) }),
    defineMethod({
      name: "channels.status",
      scope: "operator.read",
      params: channelsParams,
      run: () => noChannels(deps.clock.now()),
    }),
  ];
}

async function status(deps: HealthDeps) {
  const { sessions } = await healthPayload(deps);
  return {
    runtimeVersion: deps.version,
    channelSummary: [],
    queuedSystemEvents: [],
    sessions: {
      paths: [sessions.path],
      count: sessions.count,
      defaults: { model: modelDefaults(deps.ports.models).model },
      recent: sessions.recent.map((one) => ({ ...one, ...chosenIn(deps, one.key) })),
    },
    ...healthDetails(deps),
  };
}

/** What its owner chose for a session; nothing where nothing was. */
function chosenIn({ ports }: HealthDeps, key: string): { model?: string; thinkingLevel?: string } {
  const { model, thinking } = ports.sessions.settingsOf(key);
  return { ...(model === null ? {} : { model }), ...(thinking === null ? {} : { thinkingLevel: thinking }) };
}

/** The page is no channel upstream either; channels are plugins, and none is here yet. */
function noChannels(ts: number) {
  return {
    ts,
    channelOrder: [],
    channelLabels: {},
    channelDetailLabels: {},
    channelSystemImages: {},
    channelMeta: [],
    channels: {},
    channelAccounts: {},
    channelDefaultAccountId: {},
    statusIssues: [],
  };
}
