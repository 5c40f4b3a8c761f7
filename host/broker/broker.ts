/**
 * The broker: the only way from a plugin to a file or the network.
 *
 * Every effect is decided, asked for where policy says so, put on record and done, in that order, and there is
 * no second way. `perform` never throws: what fails is a reply with a code, a sentence and a fix. Refuses
 * everything once it is closed, and everything while its audit cannot be kept.
 */
import { realpathSync } from "node:fs";
import type { Clock } from "#host/base/clock.ts";
import type {
  EffectContext,
  EffectIdentity,
  EffectReply,
  EffectRequest,
  PerformEffect,
} from "#host/base/effect.ts";
import { isAbort } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { BROKER } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { PathRoots } from "#manifests/paths.ts";
import type { Rights } from "#manifests/rights.ts";
import { createAsks, type Asks, type AskStore } from "./asks.ts";
import { createAudit, type AuditSink } from "./audit.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { systemResolve, type Resolve } from "./checked-lookup.ts";
import { decide } from "./decide.ts";
import { createDispatchers } from "./dispatchers.ts";
import { performHttp, type EgressDeps } from "./egress.ts";
import { aborted, EffectError } from "./failure.ts";
import { createGate, type Gate } from "./gate.ts";
import { performFile } from "./perform-file.ts";
import type { Facts } from "./policy.ts";
import { createRemembered, type AlwaysStore } from "./remembered.ts";

export interface BrokerDeps {
  /** What the plugin may do now, where it lives and how it is configured. Asked for every effect. */
  readonly rightsOf: (pluginId: string) => {
    readonly rights: Rights;
    readonly folder: string | null;
    readonly config: JsonObject;
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
  readonly clock: Clock;
  readonly log: Log;
  readonly resolve?: Resolve;
  readonly limits?: Partial<BrokerLimits>;
}

export interface Broker {
  readonly perform: PerformEffect;
  readonly asks: Asks;
  /** A plugin's rights changed or it went: its questions, remembered answers and connections end. */
  forget(pluginId: string): Promise<void>;
  /** Ends what is open, then stores the last records. Rejects if these could not be stored. */
  close(): Promise<void>;
}

export function createBroker(deps: BrokerDeps): Broker {
  const limits: BrokerLimits = { ...BROKER, ...deps.limits };
  const remembered = createRemembered(deps.alwaysStore, limits.sessionAnswers);
  const asks = createAsks({ ...deps, ...limits, store: deps.askStore, remembered });
  const audit = createAudit({
    ...deps,
    sink: deps.auditSink,
    auditFlushMs: limits.auditFlushMs,
    maxWaiting: limits.waitingAuditRecords,
  });
  const dispatchers = createDispatchers({
    proxy: deps.proxy,
    resolve: deps.resolve ?? systemResolve,
    limits,
  });
  const gate = createGate({ asks, audit });
  const realPath = createRealPaths();
  let isClosed = false;

  const factsFor = (identity: EffectIdentity): Facts => {
    const { rights, folder, config } = deps.rightsOf(identity.plugin);
    const { workspace, state, home } = deps.roots();
    return {
      plugin: identity.plugin,
      rights,
      config,
      roots: {
        workspace: realPath(workspace),
        state: realPath(state),
        home: realPath(home),
        plugin: folder === null ? null : realPath(folder),
      },
      allowlist: deps.allowlist(),
      isRemembered: (subject) => remembered.has(identity, subject),
    };
  };

  return {
    asks,
    async perform(identity, request, context) {
      try {
        if (isClosed || context.signal.aborted) throw aborted();
        const egress = { dispatchers, hasProxy: deps.proxy !== null };
        return await act({ gate, egress, limits, factsFor }, { identity, request, context });
      } catch (thrown) {
        return failed(thrown, deps.log);
      }
    },
    async forget(pluginId) {
      remembered.forget(pluginId);
      await Promise.all([asks.cancel(pluginId), dispatchers.forget(pluginId)]);
    },
    async close() {
      isClosed = true;
      await asks.close();
      await dispatchers.close();
      await audit.close();
    },
  };
}

interface Means {
  readonly gate: Gate;
  readonly egress: Omit<EgressDeps, "limits">;
  readonly limits: BrokerLimits;
  readonly factsFor: (identity: EffectIdentity) => Facts;
}

interface Call {
  readonly identity: EffectIdentity;
  readonly request: EffectRequest;
  readonly context: EffectContext;
}

async function act(means: Means, call: Call): Promise<EffectReply> {
  const { identity, request, context } = call;
  const facts = means.factsFor(identity);
  const ownLimit = facts.rights.limits.bytes ?? Number.POSITIVE_INFINITY;
  if (request.kind === "http.request") {
    const limits = {
      ...means.limits,
      maxResponseBytes: Math.min(means.limits.maxResponseBytes, ownLimit),
    };
    return performHttp(
      { ...means.egress, limits },
      {
        identity,
        request,
        context,
        // Each hop is decided by what holds then: a yes may have been given, a right taken.
        enter: (hop, because) =>
          means.gate.enter(
            { identity, request: hop, context, ...(because === undefined ? {} : { because }) },
            decide(means.factsFor(identity), hop),
          ),
      },
    );
  }
  const passage = await means.gate.enter({ identity, request, context }, decide(facts, request));
  try {
    const reply = await performFile(request, passage.pass, context.body, facts.roots, {
      signal: context.signal,
      maxBytes: Math.min(means.limits.maxFileBytes, ownLimit),
      maxEntries: means.limits.maxListEntries,
    });
    passage.conclude("done");
    return reply;
  } catch (thrown) {
    passage.conclude("failed");
    throw thrown;
  }
}

function failed(thrown: unknown, log: Log): EffectReply {
  if (thrown instanceof EffectError) return { ok: false, failure: thrown.failure };
  if (isAbort(thrown)) return { ok: false, failure: aborted().failure };
  log.error("An effect failed inside the broker", { error: thrown });
  const message = "Cannot do this: the host failed, and its log says why";
  return { ok: false, failure: { code: "io", message } };
}

/** A root may be reached through a link; what is compared and opened is where it leads. */
function createRealPaths(): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    try {
      const real = realpathSync(path);
      known.set(path, real);
      return real;
    } catch {
      return path; // not there yet: looked at again next time
    }
  };
}
