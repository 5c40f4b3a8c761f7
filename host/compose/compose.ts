/**
 * The composition root: makes every room and passes each what it needs. Wires, decides nothing.
 *
 * `openHost` opens the state folder and everything over it, without listening; the command line uses it when
 * no gateway runs. `run-gateway.ts` puts the gateway in front.
 */
import { homedir } from "node:os";
import { withBackgroundJobs } from "#host/agent/background-jobs.ts";
import { createChat, type Chat } from "#host/agent/chat.ts";
import { systemClock, type Clock } from "#host/base/clock.ts";
import type { Log } from "#host/base/log.ts";
import type { Broker } from "#host/broker/broker.ts";
import type { SecretVault } from "#host/broker/secrets/vault.ts";
import type { Config } from "#host/config/config.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig, type ConfigSource } from "#host/config/load.ts";
import { prepareState, type StatePaths } from "#host/config/state.ts";
import type { SessionChoices } from "#host/base/session.ts";
import type { AuditPort } from "#host/gateway/ports.ts";
import type { ModelSelector } from "#host/llm/selector.ts";
import type { Registry } from "#host/registry/registry.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { createDevices, type Devices } from "#host/store/devices.ts";
import { openStore } from "#host/store/open.ts";
import type { ModelUsage } from "#host/store/model-usage.ts";
import { createSessions, type Sessions } from "#host/store/sessions.ts";
import { createWaitingMessages } from "#host/store/waiting.ts";
import { createTranscript } from "#host/store/transcript.ts";
import { createProviderKeys, type ProviderKeys } from "./auth-keys.ts";
import { openEffects, type Effects } from "./effects.ts";
import { createInstaller, INSTALLER } from "./fetch-package.ts";
import type { Ground } from "./ground.ts";
import { createMeter, usageRules } from "./model-budget.ts";
import { createModelCalls } from "./model-calls.ts";
import { openModels } from "./models.ts";
import { findNpmRegistry } from "./npm-registry.ts";
import { createOutsideWatch, type OutsideWatch } from "./outside.ts";
import { openPlugins, skillsOf } from "./plugins.ts";
import { readVersion } from "./release.ts";
import { waitingForRestart } from "./restart-keys.ts";
import { openSandboxes } from "./sandboxes.ts";
import { createToolRunner } from "./tool-runner.ts";
import { createWorkspaceFiles } from "./workspace-files.ts";
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
  readonly keys: ProviderKeys;
  readonly sandboxes: Sandboxes;
  readonly broker: Broker;
  readonly vault: SecretVault;
  /** Null where the configuration names no list. */
  readonly allowlist: () => readonly string[] | null;
  readonly registry: Registry;
  readonly audit: AuditPort;
  readonly usage: ModelUsage;
  readonly chat: Chat;
  /** Ends everything in the order that loses nothing. */
  close(): Promise<void>;
}

/** Rejects with a HostError whose code says what is in the way of a start. */
export async function openHost({ stateDir, environment, createLog }: HostOptions): Promise<Host> {
  const clock = systemClock;
  const paths = prepareState(stateDir);
  const config = createConfig({ paths, homeDir: homedir(), environment, log: createLog(null) });
  const log = createLog(config.current().logging);
  try {
    prepareWorkspaces(config.current());
    const lock = { path: paths.database, log: log.child("store"), clock, processId: process.pid };
    return await openOver({ environment, clock, paths, config, log, store: await openStore(lock) });
  } catch (thrown) {
    config.stop();
    throw thrown;
  }
}

async function openOver(ground: Ground): Promise<Host> {
  const { clock, paths, config, log, store } = ground;
  const version = readVersion();
  const started = config.current();
  const devices = createDevices(store.db);
  await devices.dropExpiredCookies(clock.now());
  const { environment } = ground;
  const keys = createProviderKeys({ path: paths.authProfiles, environment, clock, log: log.child("llm") });
  const models = await openModels({ config, keys, clock, log: log.child("llm") });
  const sessions = createSessions(store.db);
  const { effects, outside, sandboxes, registry } = await openPluginSide(ground, models, sessions);
  const { broker, vault, allowlist, audit, usage } = effects;
  const chat = openChat(ground, { models, sessions, registry, sandboxes, outside, usage, version });
  takeUpChanges(ground, registry);

  return {
    log,
    clock,
    version,
    paths,
    config,
    started,
    devices,
    sessions,
    models,
    keys,
    sandboxes,
    broker,
    vault,
    allowlist,
    registry,
    audit,
    usage,
    chat,
    async close() {
      config.stop();
      await chat.close();
      await sandboxes.stop();
      await registry.stop();
      await effects.close();
      store.close();
    },
  };
}

interface PluginSide {
  readonly effects: Effects;
  readonly outside: OutsideWatch;
  readonly sandboxes: Sandboxes;
  readonly registry: Registry;
}

/** The broker and the registry know each other by functions: rights are asked for with every effect. */
async function openPluginSide(
  ground: Ground,
  models: ModelSelector,
  choices: SessionChoices,
): Promise<PluginSide> {
  const installer = createInstaller(() => findNpmRegistry(ground.environment));
  const late: { registry: Registry | null } = { registry: null };
  const modelCalls = createModelCalls({ models, choices, clock: ground.clock });
  const effects = await openEffects(
    ground,
    modelCalls,
    usageRules(ground.config.current, models, choices),
    (pluginId) =>
      pluginId === INSTALLER ? installer.rights() : (late.registry ?? unready()).rightsOf(pluginId),
  );
  const { perform } = effects.broker;
  const outside = createOutsideWatch();
  const sandboxes = openSandboxes(ground, outside.around(perform));
  const registry = openPlugins(ground, {
    effects,
    sandboxes,
    fetchPackage: (spec) => installer.download(spec, perform),
  });
  late.registry = registry;
  return { effects, outside, sandboxes, registry };
}

function unready(): never {
  throw new Error("The registry was asked before it was made");
}

interface AgentDeps {
  readonly models: ModelSelector;
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly sandboxes: Sandboxes;
  readonly outside: OutsideWatch;
  readonly usage: ModelUsage;
  readonly version: string;
}

function openChat({ clock, config, log, store }: Ground, deps: AgentDeps): Chat {
  const { models, sessions, registry, sandboxes, outside, usage, version } = deps;
  return createChat({
    transcript: createTranscript(store.db, clock),
    models,
    choices: sessions,
    tools: withBackgroundJobs(
      createToolRunner({
        registry,
        sandboxes,
        outside,
        policy: () => config.current().tools,
        log: log.child("plugin"),
      }),
      clock,
    ),
    skills: skillsOf(registry),
    meter: createMeter(usage, log.child("llm")),
    clock,
    log: log.child("agent"),
    version,
    agentName: config.current().agents[0].name ?? "OpenClaw",
    workspace: "$WORKSPACE",
    waiting: createWaitingMessages(store.db, clock),
    queue: () => config.current().queue,
    files: createWorkspaceFiles(
      (agentId) =>
        (config.current().agents.find(({ id }) => id === agentId) ?? config.current().agents[0]).workspace,
      log.child("workspace"),
    ),
    settings: () => config.current().agents[0].settings,
  });
}

/** A changed configuration: plugins take theirs up at once; what counts from the next start is named. */
function takeUpChanges({ config, log }: Ground, registry: Registry): void {
  const started = config.current();
  config.onChange((next) => {
    const waiting = waitingForRestart(started, next);
    if (waiting.length > 0) log.warn("some changes count from the next start", { keys: waiting });
    void registry
      .settingsChanged()
      .catch((error: unknown) => log.error("plugins did not take up the configuration", { error }));
  });
}
