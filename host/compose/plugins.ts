/** The registry over its folders, and what of it the agent uses. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import JSON5 from "json5";
import { skillCommands } from "#host/agent/skill-commands.ts";
import type { Skills } from "#host/agent/skills.ts";
import { isAbort } from "#host/base/errors.ts";
import { pluginIsEnabled, type Config } from "#host/config/config.ts";
import type { StatePaths } from "#host/config/state.ts";
import type { ConfigSource } from "#host/config/load.ts";
import { createMachine } from "#host/registry/machine.ts";
import type { FetchPackage } from "#host/registry/install.ts";
import { createRegistry, type Registry } from "#host/registry/registry.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { createGrantRecords } from "#host/store/grants.ts";
import { createPluginRecords } from "#host/store/plugins.ts";
import type { Effects } from "./effects.ts";
import { forgetPlugins } from "./forget-plugins.ts";
import type { Ground } from "./ground.ts";
import { bundlerEntries, release } from "./release.ts";
import { callable } from "./skills.ts";

export interface PluginsDeps {
  readonly effects: Effects;
  readonly sandboxes: Sandboxes;
  readonly fetchPackage: FetchPackage;
}

export function openPlugins(
  { environment, paths, config, store, clock, log }: Ground,
  deps: PluginsDeps,
): Registry {
  const { effects, sandboxes, fetchPackage } = deps;
  const registry = createRegistry({
    folders: {
      builtin: release.builtinPlugins,
      builtinGrants: release.grants,
      prebuilt: release.prebuiltPlugins,
      plugins: paths.plugins,
      skills: skillFolders(paths, config.current()),
      cache: join(paths.cache, "plugins"),
    },
    bundler: bundlerEntries(),
    sandboxes,
    records: createPluginRecords(store.db),
    grants: createGrantRecords(store.db),
    machine: createMachine({
      platform: process.platform,
      variables: environment,
      settings: writtenSettings(paths.config, config),
      clock,
    }),
    skillSettingsOf: (key) => config.current().skills.entries[key] ?? null,
    settingsOf: (pluginId) => settingsOf(config.current(), pluginId),
    forgetData: effects.forgetData,
    fetchPackage,
    log: log.child("registry"),
    clock,
  });
  const { broker, always } = effects;
  forgetPlugins({ registry, broker, forgetAlways: always.forgetAlways, log: log.child("broker") });
  return registry;
}

export function skillsOf(registry: Registry): Skills {
  return {
    list: () => registry.skills().filter((skill) => skill.isEligible && skill.modelMayUse),
    commands: () => skillCommands(callable(registry)),
    text: (name) =>
      registry.skillText(name).catch((thrown: unknown) => {
        if (isAbort(thrown)) throw thrown;
        return null;
      }),
  };
}

/** openclaw.json as its owner wrote it, read once for each configuration that took effect. */
function writtenSettings(path: string, config: ConfigSource): () => unknown {
  const read = { of: null as Config | null, value: null as unknown };
  return () => {
    const now = config.current();
    if (read.of === now) return read.value;
    read.of = now;
    read.value = parseWritten(path);
    return read.value;
  };
}

function parseWritten(path: string): unknown {
  try {
    return JSON5.parse(readFileSync(path, "utf8"));
  } catch {
    // The last good one is in force then; a setting that cannot be read counts as not there.
    return null;
  }
}

function settingsOf(config: Config, pluginId: string) {
  return {
    enabled: pluginIsEnabled(config.plugins, pluginId),
    config: config.plugins.entries[pluginId]?.config ?? {},
  };
}

/** Where OpenClaw looks for skills; of two with one name the later folder's is offered. */
export function skillFolders(paths: StatePaths, config: Config): string[] {
  const { workspace } = config.agents[0];
  return [
    ...config.skills.extraDirs,
    paths.skills,
    join(homedir(), ".agents", "skills"),
    join(workspace, ".agents", "skills"),
    join(workspace, "skills"),
  ];
}
