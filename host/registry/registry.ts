/**
 * The registry: which plugins and skills there are, which of them may be used, and with what rights.
 *
 * Wires the room's parts; the rules stand in them. Guarantees that a plugin is used only in a version that
 * was read whole, bundled from what was read, described, and allowed. Asks of a model call (`tools`, `tool`,
 * `rightsOf`) are answered from memory.
 */
import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import type { ApprovalDecision } from "#host/base/approval.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { NO_RIGHTS } from "#manifests/rights.ts";
import { createOpenApprovals } from "./approvals.ts";
import { createBackground } from "./background.ts";
import { createBlobs } from "./blobs.ts";
import { createBundler } from "./bundle.ts";
import type { Registry, RegistryDeps, RegistryFolders } from "./contract.ts";
import type { Found, Root } from "./discover.ts";
import { createGrants } from "./grants.ts";
import { tidyInstalls } from "./install.ts";
import { createOwnerActions } from "./owner-actions.ts";
import { createPluginMemory } from "./plugin-memory.ts";
import { createPrebuilt } from "./prebuilt.ts";
import { createShelf } from "./shelf.ts";
import { createSkillShelf } from "./skills.ts";
import type { Slot } from "./slot.ts";
import { approvalOf, isRead, summarize } from "./summary.ts";
import { createTextSkills } from "./text-skills.ts";
import { createTurns } from "./turns.ts";
import { createFolderWatch } from "./watch.ts";

export type { Registry } from "./contract.ts";

export function createRegistry(deps: RegistryDeps): Registry {
  const { folders, clock, log, limits = REGISTRY } = deps;
  const listeners = new Set<() => void>();
  const background = createBackground(limits.retryMs, log);
  const exclusive = createTurns(1);
  const approvals = createOpenApprovals();
  const bundler = createBundler({ idleMs: limits.bundlerIdleMs, ...deps.bundler });
  const grants = createGrants(deps.grants, clock);
  const memory = createPluginMemory(deps.records, clock);
  const installed: Root = { path: folders.plugins, origin: "dropped", depth: 1, holds: "plugins" };
  const roots = rootsOf(folders, installed);
  const texts = createTextSkills(roots, limits.maxSkillBytes, log);
  const versions = {
    blobs: createBlobs(folders.cache),
    bundler,
    sandboxes: deps.sandboxes,
    limits,
    prebuilt: createPrebuilt(folders.prebuilt),
  };
  const shelf = createShelf({
    ...versions,
    memory,
    grantsOf: grants.of,
    settingsOf: deps.settingsOf,
    releaseGrants: folders.builtinGrants,
    loads: createTurns(limits.loadsAtOnce),
    log,
    background: background.run,
    later: background.later,
    onChange: tell,
  });
  const skills = createSkillShelf({
    shelf,
    texts,
    blobs: versions.blobs,
    machine: deps.machine,
    settingsOf: deps.skillSettingsOf,
  });
  /** What served before the last stop and is as it was: it is there as soon as the registry has started. */
  const known: Promise<void>[] = [];
  const watch = createFolderWatch({
    roots,
    limits,
    clock,
    exclusive,
    background: background.run,
    isKnown: memory.isKnown,
    onStill: (found) => (found.kind === "skill" ? readSkill(found) : placePlugin(found)),
    onGone: (folder) => background.run(gone(folder)),
  });
  const quarantineOf = ({ code }: Slot) => (code === null ? null : deps.sandboxes.quarantineOf(code));
  const summaryOf = (slot: Slot) => summarize(slot, conflictOf(slot), quarantineOf(slot));
  const owner = createOwnerActions({
    shelf,
    grants,
    memory,
    approvals,
    installing: {
      ...versions,
      plugins: folders.plugins,
      archiveLimits: limits,
      fetchPackage: deps.fetchPackage ?? null,
      log,
    },
    root: installed,
    watch,
    exclusive,
    summaryOf,
    gone,
    forgetData: deps.forgetData,
  });

  function placePlugin(found: Found): void {
    const work = shelf.place(found);
    if (memory.isKnown(found)) known.push(work);
    background.run(work);
  }

  function readSkill(found: Found): void {
    background.run(texts.read(found).then(() => tell("cancelled")));
  }

  function conflictOf(slot: Slot): string | null {
    return shelf.slot(slot.id) === slot ? (shelf.tools().conflicts.get(slot.id) ?? null) : null;
  }

  /** `decision` is what became of the questions that are not open any more. */
  function tell(decision: ApprovalDecision | "cancelled"): void {
    const open = shelf.slots().flatMap((slot) => approvalOf(slot, clock.now()) ?? []);
    approvals.update(open, decision);
    for (const listener of listeners) listener();
  }

  async function gone(folder: string): Promise<void> {
    texts.forget(folder);
    const slot = shelf.slots().find((one) => one.folder === folder);
    await shelf.gone(folder);
    if (slot?.origin === "installed") await grants.forget(slot.id);
    tell("cancelled");
  }

  /** Drops what is remembered of plugins that went while the host was down, unless their whole root is away. */
  async function forgetLost(): Promise<void> {
    const isThere = async (path: string) => (await lstat(path).catch(() => null)) !== null;
    const here = new Set(shelf.slots().map((slot) => slot.folder));
    for (const { id, folder, origin } of memory.all()) {
      if (here.has(folder) || !(await isThere(dirname(folder))) || (await isThere(folder))) continue;
      // Meanwhile the plugin may have been found in another folder.
      if (memory.at(folder)?.id !== id) continue;
      await memory.forget(id);
      if (origin === "installed") await grants.forget(id);
    }
  }

  return {
    ...owner,
    async start() {
      const [stored, answers, toolchain, bundles] = await Promise.all([
        deps.records.list(),
        deps.grants.list(),
        bundler.toolchain(),
        versions.blobs.all(),
        tidyInstalls(folders.plugins),
      ]);
      grants.remember(answers);
      memory.load(stored, { toolchain, bundles });
      await watch.start();
      await Promise.allSettled(known);
      background.run(forgetLost());
    },
    async stop() {
      watch.stop();
      await background.stop();
      await bundler.stop();
      await versions.blobs.sweep(new Set([...shelf.neededBlobs(), ...memory.neededBlobs()]));
    },
    async settled() {
      while (background.busy() || watch.unsettled()) {
        await background.done();
        if (!watch.unsettled()) continue;
        await new Promise((resolve) => setTimeout(resolve, limits.settleMs / 3));
        await watch.look();
      }
    },
    plugins: () => shelf.slots().filter(isRead).map(summaryOf),
    tools: () => shelf.tools().list,
    tool: (name) => shelf.tools().byName.get(name) ?? null,
    rightsOf(pluginId) {
      const slot = shelf.slot(pluginId);
      if (slot === undefined) return { rights: NO_RIGHTS, folder: null, config: {} };
      return { rights: slot.rights, folder: slot.folder, config: slot.settings.config };
    },
    codeOf: (pluginId) => shelf.slot(pluginId)?.code ?? null,
    skills: skills.list,
    skillText: skills.text,
    approvals: approvals.list,
    onApproval: approvals.subscribe,
    async settingsChanged() {
      for (const slot of shelf.slots()) {
        if (JSON.stringify(deps.settingsOf(slot.id)) === JSON.stringify(slot.settings)) continue;
        // Settings are given to an isolate when it is opened.
        deps.sandboxes.retire(slot.id);
        await shelf.resettle(slot);
        // A call may have come while the settings were checked: its isolate has the old ones.
        deps.sandboxes.retire(slot.id);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** In order of precedence. Skills may be grouped in folders, as OpenClaw allows: at most six deep. */
function rootsOf({ builtin, skills }: RegistryFolders, installed: Root): Root[] {
  return [
    ...(builtin === null ? [] : [{ path: builtin, origin: "builtin", depth: 2, holds: "skills" } as const]),
    installed,
    ...skills.map((path): Root => ({ path, origin: "dropped", depth: 6, holds: "skills" })),
  ];
}
