/**
 * The broker: the only way from a plugin to a file or the network.
 *
 * Every effect is decided, asked for where policy says so, put on record and done, in that order, and there is
 * no second way. Refuses everything once it is closed, and everything while its audit cannot be kept.
 */
import { nextDay } from "#host/base/day.ts";
import type { Clock } from "#host/base/clock.ts";
import type { EffectIdentity, PerformEffect } from "#host/base/effect.ts";
import type { JsonObject } from "#host/base/json.ts";
import { BROKER } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { Wall } from "#host/base/wall.ts";
import type { PathRoots } from "#manifests/paths.ts";
import type { Rights } from "#manifests/rights.ts";
import type { Asks, AskStore } from "./asks.ts";
import { createAudit, type AuditSink } from "./audit.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { systemResolve, type Resolve } from "./checked-lookup.ts";
import { createLazyCommands } from "./commands/lazy-commands.ts";
import type { CommandRunnerDeps } from "./commands/command-runner.ts";
import { createConnect } from "./connect.ts";
import { createDispatchers } from "./dispatchers.ts";
import { aborted } from "./failure.ts";
import { createGate } from "./gate.ts";
import { createAsks } from "./open-asks.ts";
import { createInbound, type Inbound, type InboundLimits } from "./inbound/inbound.ts";
import type { ModelCalls, TokenLedger } from "./model-calls.ts";
import { createOpenPlaces } from "./open-places.ts";
import { createPerform } from "./perform.ts";
import type { PluginStorage } from "./perform-storage.ts";
import type { Facts } from "./policy.ts";
import { createRealPaths } from "./real-paths.ts";
import { createSecrets } from "./secrets/secrets.ts";
import type { SecretVault } from "./secrets/vault.ts";
import { createRemembered, type AlwaysStore, type Remembered } from "./remembered.ts";
import { createWriteTurns } from "./write-turns.ts";

export interface BrokerDeps {
  /** What the plugin may do now, where it lives and how it is configured. Asked for every effect. */
  readonly rightsOf: (pluginId: string) => {
    readonly rights: Rights;
    readonly folder: string | null;
    readonly config: JsonObject;
    /** See Facts; no plugin's rights say so. */
    readonly anyNetwork?: boolean;
  };
  /** Asked for every effect, so that a changed configuration counts at once. */
  readonly roots: () => Omit<PathRoots, "plugin">;
  /** URL of the proxy through which everything leaves; null for none. */
  readonly proxy: string | null;
  /** The operator's Squid allowlist; null where none is configured. */
  readonly allowlist: () => readonly string[] | null;
  readonly askStore: AskStore;
  readonly alwaysStore: AlwaysStore;
  readonly auditSink: AuditSink;
  readonly storage: PluginStorage;
  /** What the owner set. */
  readonly vault: Pick<SecretVault, "values">;
  /** The owner's model, and what plugins spent of it. */
  readonly models: ModelCalls;
  readonly ledger: TokenLedger;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolve?: Resolve;
  readonly limits?: Partial<BrokerLimits>;
  readonly inboundLimits?: Partial<InboundLimits>;
  readonly commandLimits?: CommandRunnerDeps["limits"];
  readonly commandConfinements?: CommandRunnerDeps["confinements"];
}

export interface Broker {
  readonly perform: PerformEffect;
  /** Requests from outside to plugins' routes. */
  readonly inbound: Inbound;
  readonly asks: Asks;
  /** Whether commands can be confined here: tried, or as it was last found. */
  readonly commands: { probe(): Promise<Wall>; wall(): Wall };
  /** Before the first effect: questions that the last host left open are ended as a no. */
  start(): Promise<void>;
  /** A plugin's rights changed or it went: its questions, remembered answers, placeholders and connections end. */
  forget(pluginId: string): Promise<void>;
  /** Stores the records that wait for their batch. Rejects if they could not be stored. */
  flushAudit(): Promise<void>;
  /** Ends what is open, then stores the last records. Rejects if these could not be stored. */
  close(): Promise<void>;
}

export function createBroker(deps: BrokerDeps): Broker {
  const limits: BrokerLimits = { ...BROKER, ...deps.limits };
  const remembered = createRemembered(deps.alwaysStore, limits.sessionAnswers);
  const asks = createAsks({ ...deps, ...limits, store: deps.askStore, remembered });
  const audit = createAudit({
    ...deps,
    ...limits,
    sink: deps.auditSink,
    maxWaiting: limits.waitingAuditRecords,
  });
  const egress = { proxy: deps.proxy, resolve: deps.resolve ?? systemResolve, limits };
  const dispatchers = createDispatchers(egress);
  const sockets = createOpenPlaces({
    maxPerPlugin: limits.openSocketsPerPlugin,
    deed: "open another socket",
    fix: "Close one first",
  });
  const modelCalls = createOpenPlaces({
    maxPerPlugin: limits.modelCallsPerPlugin,
    deed: "call the model once more",
    fix: "Wait for an answer first",
  });
  const commands = createLazyCommands(deps);
  const secrets = createSecrets(deps);
  const factsFor = createFacts(deps, remembered);
  let isClosed = false;

  return {
    asks,
    commands,
    inbound: createInbound({
      routesOf: (plugin) => (isClosed ? [] : deps.rightsOf(plugin).rights.routes),
      secretsOf: (plugin) => deps.vault.values(plugin),
      audit,
      clock: deps.clock,
      ...(deps.inboundLimits === undefined ? {} : { limits: deps.inboundLimits }),
    }),
    perform: createPerform({
      gate: createGate({ asks, audit }),
      egress: { dispatchers, hasProxy: deps.proxy !== null },
      sockets: { connect: createConnect(egress), sockets },
      storage: { storage: deps.storage, takeTurn: createWriteTurns() },
      secrets,
      llm: { places: modelCalls, models: deps.models, ledger: deps.ledger },
      commands: commands.load,
      limits,
      factsFor(identity) {
        if (isClosed) throw aborted();
        return factsFor(identity);
      },
      log: deps.log,
    }),
    start: () => deps.askStore.expireAll(deps.clock.now()),
    async forget(pluginId) {
      remembered.forget(pluginId);
      secrets.forget(pluginId);
      sockets.forget(pluginId);
      modelCalls.forget(pluginId);
      commands.forget(pluginId);
      await Promise.all([asks.cancel(pluginId), dispatchers.forget(pluginId)]);
    },
    flushAudit: () => audit.flush(),
    async close() {
      isClosed = true;
      sockets.close();
      modelCalls.close();
      commands.close();
      await asks.close();
      await dispatchers.close();
      await audit.close();
    },
  };
}

function createFacts(deps: BrokerDeps, remembered: Remembered): (identity: EffectIdentity) => Facts {
  const realPath = createRealPaths();
  return (identity) => {
    const { rights, folder, config, anyNetwork = false } = deps.rightsOf(identity.plugin);
    const { workspace, state, home } = deps.roots();
    return {
      plugin: identity.plugin,
      rights,
      config,
      anyNetwork,
      roots: {
        workspace: realPath(workspace),
        state: realPath(state),
        home: realPath(home),
        plugin: folder === null ? null : realPath(folder),
      },
      allowlist: deps.allowlist(),
      tokens: {
        spentToday: () => deps.ledger.spentToday(identity.plugin),
        resetsAt: () => nextDay(deps.clock.now()),
      },
      isRemembered: (subject) => remembered.has(identity, subject),
    };
  };
}
