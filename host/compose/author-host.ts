/**
 * A host of its own for one plugin at work: the real broker and real sandboxes over a state folder that goes.
 *
 * Nothing of the owner's state is touched but the cache of the isolates' snapshot; of the configuration only the way
 * out counts (`network`): an author's plugin leaves through the same proxy. What the manifest asks for is held, since
 * who runs it wrote it; what it does not ask for is refused here as everywhere.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval } from "#host/base/approval.ts";
import { systemClock } from "#host/base/clock.ts";
import { nextDay } from "#host/base/day.ts";
import type { EffectRequest, PerformEffect } from "#host/base/effect.ts";
import type { JsonObject } from "#host/base/json.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { createLog, type Log } from "#host/base/log.ts";
import type { Broker } from "#host/broker/broker.ts";
import { decideCall, isCallEffect } from "#host/broker/decide-call.ts";
import { decide } from "#host/broker/decide.ts";
import type { Facts } from "#host/broker/policy.ts";
import { createRealPaths } from "#host/broker/real-paths.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig } from "#host/config/load.ts";
import { prepareState, statePaths } from "#host/config/state.ts";
import { createBlobs } from "#host/registry/blobs.ts";
import { createBundler } from "#host/registry/bundle.ts";
import type { PluginVersion, VersionDeps } from "#host/registry/version.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { openStore } from "#host/store/open.ts";
import type { Permissions } from "#manifests/permissions.ts";
import { intersectRights, NO_RIGHTS } from "#manifests/rights.ts";
import { openEffects, type Effects } from "./effects.ts";
import { NO_SETTINGS } from "#host/base/session.ts";
import { usageRules } from "./model-budget.ts";
import { createModelCalls } from "./model-calls.ts";
import { createProviderKeys } from "./auth-keys.ts";
import { openModels } from "./models.ts";
import { bundlerEntries, release } from "./release.ts";
import { openSandboxes, type OnConsole } from "./sandboxes.ts";

export interface AuthorOptions {
  /** The owner's state folder; it need not exist. */
  readonly stateDir: string;
  readonly environment: Environment;
  readonly writeError: (line: string) => void;
}

export interface AuthorHostOptions extends AuthorOptions {
  /** Absolute path of the plugin. */
  readonly folder: string;
  /** What `$WORKSPACE` is; null for an empty folder that goes with this host. */
  readonly workspace: string | null;
  readonly config: JsonObject;
  /** Values of the plugin's secrets, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly onConsole: OnConsole;
  /** Stands around the broker: sees what it answers, or answers in its place. */
  readonly around: (perform: PerformEffect) => PerformEffect;
  /** Whether the owner would say yes to what the manifest's "ask" leads to. */
  readonly answerAsk: (question: Approval) => boolean;
}

export interface AuthorHost {
  readonly sandboxes: Sandboxes;
  readonly versions: VersionDeps;
  /** Requests from outside to the plugin's routes. */
  readonly inbound: Broker["inbound"];
  readonly log: Log;
  /** From now on the broker decides by this version's manifest. Rejects with what is wrong with a secret. */
  serve(version: PluginVersion): Promise<void>;
  /** What policy would answer to an effect of what is served, if the manifest had these permissions. */
  judge(permissions: Permissions | undefined, request: EffectRequest): Decision;
  /** What the plugin has stored is gone; what it is served with stays. */
  forgetStorage(version: PluginVersion): Promise<void>;
  close(): Promise<void>;
}

export async function openAuthorHost(options: AuthorHostOptions): Promise<AuthorHost> {
  const root = await mkdtemp(join(tmpdir(), "openclaw-author-"));
  const closers: (() => Promise<void> | void)[] = [() => rm(root, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closers.reverse()) await end();
  };
  try {
    return { ...(await openIn(root, options, closers)), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function openIn(
  root: string,
  options: AuthorHostOptions,
  closers: (() => Promise<void> | void)[],
): Promise<Omit<AuthorHost, "close">> {
  const { environment, folder, secrets, config: settings } = options;
  const clock = systemClock;
  const log = createLog({ clock, level: "error", format: "text", write: options.writeError });
  await writeFile(join(root, "openclaw.json"), JSON.stringify(settingsFor(options, log)));
  const paths = { ...prepareState(root), cache: statePaths(options.stateDir).cache };
  const config = createConfig({ paths, homeDir: homedir(), environment, log });
  closers.push(() => config.stop());
  const store = await openStore({ path: paths.database, log, clock, processId: process.pid });
  closers.push(() => store.close());
  const ground = { environment, clock, paths, config, log, store };

  const realPath = createRealPaths();
  const late: { version: PluginVersion | null } = { version: null };
  const keys = createProviderKeys({ path: paths.authProfiles, environment, clock, log });
  const selector = await openModels({ config, keys, clock, log });
  const choices = { settingsOf: () => NO_SETTINGS };
  const models = createModelCalls({ models: selector, choices, clock });
  const rules = usageRules(config.current, selector, choices);
  const effects = await openEffects(ground, models, rules, (pluginId) => {
    const asked = late.version?.manifest.id === pluginId ? late.version.manifest.permissions : undefined;
    if (asked === undefined && late.version?.manifest.id !== pluginId)
      return { rights: NO_RIGHTS, folder: null, config: {} };
    return { rights: intersectRights(asked, asked), folder, config: settings };
  });
  closers.push(() => effects.close());
  answerAsks(effects, options.answerAsk);
  const sandboxes = openSandboxes(ground, options.around(effects.broker.perform), options.onConsole);
  closers.push(() => sandboxes.stop());
  // The bundler's process stays: starting it takes longer than most bundles.
  const bundler = createBundler({
    ...bundlerEntries(),
    testingEntry: release.testingEntry,
    idleMs: NEVER_IDLE_MS,
  });
  closers.push(() => bundler.stop());
  return {
    sandboxes,
    inbound: effects.broker.inbound,
    log,
    versions: {
      blobs: createBlobs(join(root, "bundles")),
      bundler,
      sandboxes,
      limits: REGISTRY,
      prebuilt: async () => null,
    },
    judge(permissions, request) {
      const { workspace } = config.current().agents[0];
      const facts: Facts = {
        plugin: late.version?.manifest.id ?? "",
        rights: intersectRights(permissions, permissions),
        config: settings,
        anyNetwork: false,
        roots: {
          workspace: realPath(workspace),
          state: realPath(paths.root),
          home: realPath(homedir()),
          plugin: realPath(folder),
        },
        allowlist: effects.allowlist(),
        tokens: { spentToday: () => 0, resetsAt: () => nextDay(clock.now()) },
        isRemembered: () => false,
      };
      // No line of a manifest opens what only the call itself may do.
      return isCallEffect(request) ? decideCall(facts, request, []) : decide(facts, request);
    },
    async forgetStorage(version) {
      await effects.forgetData(version.manifest.id);
      await setSecrets(effects, version.manifest.id, secrets);
    },
    async serve(version) {
      const { id } = version.manifest;
      late.version = version;
      await effects.broker.forget(id);
      await setSecrets(effects, id, secrets);
    },
  };
}

async function setSecrets(
  { vault }: Effects,
  id: string,
  secrets: AuthorHostOptions["secrets"],
): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) await vault.set(id, name, value);
}

type Decision = ReturnType<typeof decide> | ReturnType<typeof decideCall>;

const NEVER_IDLE_MS = 24 * 60 * 60_000;

/** The way out is the owner's, everything else the defaults. */
function settingsFor({ stateDir, environment, workspace }: AuthorHostOptions, log: Log): JsonObject {
  const agents = workspace === null ? {} : { agents: { defaults: { workspace } } };
  if (!existsSync(statePaths(stateDir).config)) return agents;
  const owner = createConfig({ paths: statePaths(stateDir), homeDir: homedir(), environment, log });
  owner.stop();
  const { proxy, allowlist } = owner.current().network;
  const network = { ...(proxy === null ? {} : { proxy }), ...(allowlist === null ? {} : { allowlist }) };
  return { ...agents, network };
}

function answerAsks({ broker }: Effects, answer: AuthorHostOptions["answerAsk"]): void {
  broker.asks.subscribe((change) => {
    if (change.type !== "requested") return;
    const { id } = change.approval;
    void broker.asks.resolve(id, answer(change.approval) ? "allow-once" : "deny");
  });
}
