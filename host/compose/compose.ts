/**
 * The composition root: makes every room and passes each what it needs. Wires, decides nothing.
 *
 * `openHost` opens the state folder and everything over it, without listening; the command line uses it when
 * no gateway runs. `host/compose/run-gateway.ts` puts the gateway in front.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { createChat, type Chat } from "#host/agent/chat.ts";
import type { Skills } from "#host/agent/skills.ts";
import { systemClock, type Clock } from "#host/base/clock.ts";
import { isAbort } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { createBroker, type Broker } from "#host/broker/broker.ts";
import { createVault, type SecretVault } from "#host/broker/secrets/vault.ts";
import { readApiKeys } from "#host/config/auth-profiles.ts";
import { pluginIsEnabled, type Config } from "#host/config/config.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig, type ConfigSource } from "#host/config/load.ts";
import { prepareState, type StatePaths } from "#host/config/state.ts";
import type { AuditPort } from "#host/gateway/ports.ts";
import type { ModelSelector } from "#host/llm/selector.ts";
import { createRegistry, type Registry } from "#host/registry/registry.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { createLauncher } from "#host/sandbox/launcher.ts";
import { DEFAULT_LIMITS } from "#host/sandbox/limits.ts";
import { createSandboxes } from "#host/sandbox/sandboxes.ts";
import { ensureSnapshot } from "#host/sandbox/snapshot.ts";
import { createAlwaysAllowed } from "#host/store/always.ts";
import { createAsks } from "#host/store/asks.ts";
import { createAuditRotation } from "#host/store/audit-rotation.ts";
import { createAuditTrail } from "#host/store/audit.ts";
import { createDevices, type Devices } from "#host/store/devices.ts";
import { createGrantRecords } from "#host/store/grants.ts";
import { openStore, type Store } from "#host/store/open.ts";
import { createPluginStorage } from "#host/store/plugin-storage.ts";
import { createPluginRecords } from "#host/store/plugins.ts";
import { createSessions, type Sessions } from "#host/store/sessions.ts";
import { createTranscript } from "#host/store/transcript.ts";
import { createAuditPort } from "./audit.ts";
import { createAllowlist } from "./allowlist.ts";
import { openModels } from "./models.ts";
import { createFetchPackage, INSTALLER, installerRights, registryOf } from "./fetch-package.ts";
import { forgetPlugins } from "./forget-plugins.ts";
import { isolatedVmAddon, readVersion, release, sandboxNode } from "./release.ts";
import { waitingForRestart } from "./restart-keys.ts";
import { createToolRunner } from "./tool-runner.ts";
import { prepareWorkspaces } from "./workspace.ts";

export interface HostOptions {
  readonly stateDir: string;
  /** The process's variables, as main read them. */
  readonly environment: Environment;
  /** Made once the configuration says how. */
  readonly createLog: (logging: Config["logging"] | null) => Log;
}

export interface Host {
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  readonly paths: StatePaths;
  readonly config: ConfigSource;
  /** The configuration that the host was opened with; some of its keys count until the next start. */
  readonly started: Config;
  readonly devices: Devices;
  readonly sessions: Sessions;
  readonly models: ModelSelector;
  readonly sandboxes: Sandboxes;
  readonly broker: Broker;
  readonly vault: SecretVault;
  /** Null where the configuration names no list. */
  readonly allowlist: () => readonly string[] | null;
  readonly registry: Registry;
  readonly audit: AuditPort;
  readonly chat: Chat;
  /** Ends everything in the order that loses nothing. */
  close(): Promise<void>;
}

/** Rejects with a HostError whose code says what is in the way of a start. */
export async function openHost(options: HostOptions): Promise<Host> {
  const clock = systemClock;
  const paths = prepareState(options.stateDir);
  const config = createConfig({
    paths,
    homeDir: homedir(),
    environment: options.environment,
    log: options.createLog(null),
  });
  const log = options.createLog(config.current().logging);
  try {
    prepareWorkspaces(config.current());
    const store = await openStore({
      path: paths.database,
      log: log.child("store"),
      clock,
      processId: process.pid,
    });
    return await openOver(store, { options, clock, paths, config, log });
  } catch (thrown) {
    config.stop();
    throw thrown;
  }
}

interface Ground {
  readonly options: HostOptions;
  readonly clock: Clock;
  readonly paths: StatePaths;
  readonly config: ConfigSource;
  readonly log: Log;
}

async function openOver(store: Store, { options, clock, paths, config, log }: Ground): Promise<Host> {
  const version = readVersion();
  const started = config.current();
  const asks = createAsks(store.db);
  await asks.expireAll(clock.now());
  const devices = createDevices(store.db);
  await devices.dropExpiredCookies(clock.now());

  const always = createAlwaysAllowed(store.db, clock);
  const storage = createPluginStorage(store.db, clock);
  const rotation = createAuditRotation({ db: store.db, folder: paths.audit, clock, log: log.child("store") });
  const trail = createAuditTrail(store.db, paths.audit, rotation);
  const npmRegistry = registryOf(options.environment);
  const installer = { rights: installerRights(npmRegistry), folder: null, config: {}, anyNetwork: true };

  // The broker and the registry know each other by functions: rights are asked for with every effect.
  const late: { registry: Registry | null } = { registry: null };
  const registryNow = () => late.registry ?? unready();

  const allowlist = createAllowlist(() => config.current().network.allowlist, log.child("broker"));
  const vault = createVault({ folder: paths.credentials, clock });
  const broker = createBroker({
    rightsOf: (pluginId) => (pluginId === INSTALLER ? installer : registryNow().rightsOf(pluginId)),
    roots: () => ({ workspace: config.current().agents[0].workspace, state: paths.root, home: homedir() }),
    proxy: config.current().network.proxy,
    allowlist,
    askStore: asks,
    alwaysStore: always,
    auditSink: trail,
    storage,
    vault,
    clock,
    log: log.child("broker"),
  });
  const sandboxes = openSandboxes(broker, { clock, paths, log });
  const registry = createRegistry({
    folders: {
      builtin: release.builtinPlugins,
      builtinGrants: release.grants,
      prebuilt: release.prebuiltPlugins,
      plugins: paths.plugins,
      skills: skillFolders(paths, config.current()),
      cache: join(paths.cache, "plugins"),
    },
    bundler: { sdkEntry: release.sdkEntry, valibotEntry: release.valibotEntry() },
    sandboxes,
    records: createPluginRecords(store.db),
    grants: createGrantRecords(store.db),
    settingsOf: (pluginId) => settingsOf(config.current(), pluginId),
    forgetData: async (pluginId) => {
      await Promise.all([storage.clear(pluginId), vault.clear(pluginId)]);
    },
    fetchPackage: createFetchPackage(npmRegistry, broker.perform),
    log: log.child("registry"),
    clock,
  });
  late.registry = registry;
  forgetPlugins({ registry, broker, forgetAlways: always.forgetAlways, log: log.child("broker") });

  const readKeys = () => readApiKeys(paths.authProfiles, options.environment);
  const models = await openModels({ config, readKeys, clock, log: log.child("llm") });
  const chat = createChat({
    transcript: createTranscript(store.db, clock),
    models,
    tools: createToolRunner({ registry, sandboxes, policy: () => config.current().tools }),
    skills: skillsOf(registry),
    clock,
    log: log.child("agent"),
    version,
    agentName: config.current().agents[0].name ?? "OpenClaw",
    workspace: "$WORKSPACE",
  });
  config.onChange((next) => {
    const waiting = waitingForRestart(started, next);
    if (waiting.length > 0) log.warn("some changes count from the next start", { keys: waiting });
    void registry
      .settingsChanged()
      .catch((error: unknown) => log.error("plugins did not take up the configuration", { error }));
  });

  return {
    log,
    clock,
    version,
    paths,
    config,
    started,
    devices,
    sessions: createSessions(store.db),
    models,
    sandboxes,
    broker,
    vault,
    allowlist,
    registry,
    audit: createAuditPort(broker, trail),
    chat,
    async close() {
      config.stop();
      await chat.close();
      await sandboxes.stop();
      await registry.stop();
      await broker.close();
      await rotation.stop();
      store.close();
    },
  };
}

function unready(): never {
  throw new Error("The registry was asked before it was made");
}

function openSandboxes(
  broker: Broker,
  { clock, paths, log }: Pick<Ground, "clock" | "paths" | "log">,
): Sandboxes {
  const plugins = log.child("plugin");
  const files = async () => {
    const [node, addon] = [sandboxNode(), isolatedVmAddon()];
    const { edge, snapshotBuilder: builder, child } = release;
    return {
      node,
      addon,
      child,
      snapshot: await ensureSnapshot({ node, addon, builder, edge, cacheDir: paths.cache }),
    };
  };
  return createSandboxes({
    launcher: createLauncher({ files, limits: DEFAULT_LIMITS }),
    limits: DEFAULT_LIMITS,
    perform: broker.perform,
    clock,
    log: log.child("sandbox"),
    onConsole: (pluginId, level, text) => plugins[level](text, { plugin: pluginId }),
  });
}

function skillsOf(registry: Registry): Skills {
  return {
    list: () => registry.skills().filter((skill) => skill.modelMayUse),
    text: (name) =>
      registry.skillText(name).catch((thrown: unknown) => {
        if (isAbort(thrown)) throw thrown;
        return null;
      }),
  };
}

function settingsOf(config: Config, pluginId: string) {
  return {
    enabled: pluginIsEnabled(config.plugins, pluginId),
    config: config.plugins.entries[pluginId]?.config ?? {},
  };
}

/** Where OpenClaw looks for skills; of two with one name the later folder's is offered. */
function skillFolders(paths: StatePaths, config: Config): string[] {
  const { workspace } = config.agents[0];
  return [
    ...config.skills.extraDirs,
    paths.skills,
    join(homedir(), ".agents", "skills"),
    join(workspace, ".agents", "skills"),
    join(workspace, "skills"),
  ];
}
