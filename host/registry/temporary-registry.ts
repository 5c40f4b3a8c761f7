/**
 * For tests: a registry over real folders that go away with the test, with records in memory and a
 * sandbox that evaluates bundles in a realm of this process. Nothing but tests may import it.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { systemClock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { createLog } from "#host/base/log.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import type { PluginCode, PluginDescription } from "#host/sandbox/contract.ts";
import type { BundlerDeps } from "./bundle.ts";
import type { FetchPackage } from "./install.ts";
import type { GrantRecord, PluginRecord } from "./records.ts";
import type { Registry } from "./contract.ts";
import { createRegistry } from "./registry.ts";
import type { Machine, SkillSettings } from "./skill-standing.ts";
import type { PluginSettings } from "./slot.ts";

export const DICE_MANIFEST =
  '{"id":"dice","name":"Dice","version":"1.0.0","configSchema":{"type":"object"},"contracts":{"tools":["roll"]}}';

export const DICE_MAIN = `import { defineTool } from "openclaw/sdk";
export default defineTool({ name: "roll", description: "Roll a die",
  parameters: { type: "object", properties: { sides: { type: "number" } } },
  async execute({ sides }, ctx) { return \`rolled \${1 + Math.floor(Math.random() * (sides ?? 6))}\`; } });`;

/** A plugin's files, by path. */
export type Files = Readonly<Record<string, string>>;

export const DICE: Files = { "openclaw.plugin.json": DICE_MANIFEST, "main.ts": DICE_MAIN };

/** Dice under another name, with another tool, or with more in its manifest. */
export function diceLike(id: string, tool: string, manifest: object = {}): Files {
  const all = {
    id,
    version: "1.0.0",
    configSchema: { type: "object" },
    contracts: { tools: [tool] },
    ...manifest,
  };
  return {
    "openclaw.plugin.json": JSON.stringify(all, null, 2),
    "main.ts": DICE_MAIN.replace('"roll"', JSON.stringify(tool)),
  };
}

export interface TemporaryRegistry {
  readonly registry: Registry;
  readonly home: string;
  /** Plugins that were described, in order, by the name under which they were. */
  readonly described: readonly string[];
  readonly retired: readonly string[];
  /** Plugins whose data was deleted. */
  readonly forgotten: readonly string[];
  readonly settings: Map<string, PluginSettings>;
  readonly records: ReadonlyMap<string, PluginRecord>;
  /** Writes a plugin aside and moves it into place at once; resolves when the registry has read it. */
  drop(place: string, files: Files): Promise<void>;
  /** Grants what the plugin's summary says now. */
  grant(id: string): Promise<PluginSummary>;
  /** Stops the registry and starts another over the same folders and records. */
  restart(): Promise<TemporaryRegistry>;
  close(): Promise<void>;
}

export interface TemporaryOptions {
  readonly fetchPackage?: FetchPackage;
  /** Plugins that crashed too often. */
  readonly quarantined?: readonly string[];
  readonly builtin?: string;
  readonly builtinGrants?: string;
  readonly prebuilt?: string;
  readonly describe?: (code: PluginCode) => Promise<PluginDescription>;
  readonly machine?: Machine;
  readonly skillSettings?: ReadonlyMap<string, SkillSettings>;
  /** Settling takes this long, in ms. */
  readonly settleMs?: number;
}

/** This platform, without a program, a variable or a setting. */
const BARE_MACHINE: Machine = {
  platform: process.platform,
  hasProgram: () => false,
  hasVariable: () => false,
  hasSetting: () => false,
};

interface Kept {
  readonly home: string;
  readonly records: Map<string, PluginRecord>;
  readonly grants: Map<string, GrantRecord>;
  readonly settings: Map<string, PluginSettings>;
}

/** Paths that the registry needs of this repository. */
export function bundlerPaths(): BundlerDeps {
  return {
    sdkEntry: fileURLToPath(new URL("../sdk/sdk.ts", import.meta.url)),
    valibotEntry: fileURLToPath(import.meta.resolve("valibot")),
    nodeModules: fileURLToPath(new URL("../../dist/node", import.meta.url)),
  };
}

export async function openTemporaryRegistry(options: TemporaryOptions = {}): Promise<TemporaryRegistry> {
  const home = await mkdtemp(join(tmpdir(), "registry-"));
  await Promise.all(
    ["plugins", "skills", "workspace/skills"].map((name) => mkdir(join(home, name), { recursive: true })),
  );
  return start({ home, records: new Map(), grants: new Map(), settings: new Map() }, options);
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function start(kept: Kept, options: TemporaryOptions): Promise<TemporaryRegistry> {
  const { home, records, grants, settings } = kept;
  const described: string[] = [];
  const retired: string[] = [];
  const forgotten: string[] = [];
  const registry = createRegistry({
    folders: {
      builtin: options.builtin ?? null,
      builtinGrants: options.builtinGrants ?? null,
      prebuilt: options.prebuilt ?? null,
      plugins: join(home, "plugins"),
      skills: [join(home, "skills"), join(home, "workspace/skills")],
      cache: join(home, "cache"),
    },
    bundler: bundlerPaths(),
    sandboxes: {
      async describe(code) {
        described.push(code.id);
        return (options.describe ?? evaluate)(code);
      },
      callTool: async () => ({ content: [] }),
      retire: (id) => void retired.push(id),
      quarantineOf: (code) =>
        options.quarantined?.includes(code.id) === true ? "it ended by SIGKILL" : null,
    },
    records: {
      list: async () => [...records.values()],
      save: async (record) => void records.set(record.id, record),
      remove: async (id) => void records.delete(id),
    },
    grants: {
      list: async () => [...grants.values()],
      save: async (grant) => void grants.set(`${grant.pluginId} ${grant.requestHash}`, grant),
      async removeAll(id) {
        for (const [key, { pluginId }] of grants) if (pluginId === id) grants.delete(key);
      },
    },
    forgetData: async (id) => void forgotten.push(id),
    machine: options.machine ?? BARE_MACHINE,
    skillSettingsOf: (key) => options.skillSettings?.get(key) ?? null,
    settingsOf: (id) => settings.get(id) ?? { enabled: true, config: {} },
    ...(options.fetchPackage === undefined ? {} : { fetchPackage: options.fetchPackage }),
    log: createLog({ clock: systemClock, level: "error", format: "text", write: () => undefined }),
    clock: systemClock,
    limits: { ...REGISTRY, settleMs: options.settleMs ?? 40, pollIntervalMs: 100, retryMs: 50 },
  });
  await registry.start();
  return {
    registry,
    home,
    described,
    retired,
    forgotten,
    settings,
    records,
    async drop(place, files) {
      const aside = await mkdtemp(join(home, "aside-"));
      await writeFiles(aside, files);
      await rm(join(home, place), { recursive: true, force: true });
      const changed = nextChange(registry);
      await rename(aside, join(home, place));
      await changed;
      await registry.settled();
    },
    grant: (id) => registry.grant(id, registry.plugins().find((one) => one.id === id)?.request ?? ""),
    async restart() {
      await registry.stop();
      return start(kept, options);
    },
    async close() {
      await registry.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Resolves at the registry's next change; rejects after five seconds without one. */
export function nextChange(registry: Registry, until: () => boolean = () => true): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error("The registry did not change within 5 s")), 5_000);
    const stop = registry.onChange(() => until() && end(null));
    function end(error: Error | null) {
      clearTimeout(timer);
      stop();
      if (error === null) resolve();
      else reject(error);
    }
  });
}

/** What a bundle defines. A realm is no sandbox: tests evaluate their own code only. */
async function evaluate(code: PluginCode): Promise<PluginDescription> {
  const source = new TextDecoder().decode(await code.load());
  const found: unknown = vm.runInNewContext(`${source}\n;JSON.stringify(__plugin.default ?? null)`);
  const defined = JSON.parse(String(found)) as PluginDescription | null;
  if (defined === null) throw new HostError("plugin.failed", "The plugin has no default export");
  return defined;
}
