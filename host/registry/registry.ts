/**
 * The registry: which plugins and skills there are, which of them may be used, and with what rights.
 *
 * Wires the room's parts; the rules stand in them. Guarantees that a plugin is used only in a version that
 * was read whole, bundled from what was read, described, and allowed. Asks of a model call (`tools`, `tool`,
 * `rightsOf`) are answered from memory.
 */
import { lstat, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Approval, ApprovalDecision } from "#host/base/approval.ts";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { REGISTRY } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { NO_RIGHTS, type Rights } from "#manifests/rights.ts";
import { type ApprovalChange, createOpenApprovals } from "./approvals.ts";
import { createBlobs } from "./blobs.ts";
import { type BundlerDeps, createBundler } from "./bundle.ts";
import type { Root } from "./discover.ts";
import { createGrants } from "./grants.ts";
import { type FetchPackage, INSTALLING, type Staged, stage, tidyInstalls } from "./install.ts";
import { hashOfHashes } from "./folder.ts";
import { createPrebuilt } from "./prebuilt.ts";
import type { GrantRecords, PluginRecords } from "./records.ts";
import { createShelf } from "./shelf.ts";
import { createSkillShelf, type SkillSummary } from "./skills.ts";
import type { PluginSettings, Slot } from "./slot.ts";
import { approvalOf, type PluginSummary, summarize } from "./summary.ts";
import { createTextSkills } from "./text-skills.ts";
import type { RegisteredTool } from "./tool-table.ts";
import { createTurns } from "./turns.ts";
import { createFolderWatch, type WatchLimits } from "./watch.ts";

/** Absolute paths. */
export interface RegistryFolders {
  /** `plugins/` of the release, with `<kind>/<id>` below; null if there is none. */
  readonly builtin: string | null;
  /** `manifests/` of the release; null if it grants nothing. */
  readonly builtinGrants: string | null;
  /** Bundles of the built-in plugins; null if there are none. */
  readonly prebuilt: string | null;
  /** `<state>/plugins`. */
  readonly plugins: string;
  /** Roots of skills; of two skills with one name, the later root's is offered. */
  readonly skills: readonly string[];
  /** For bundles. Whatever stands in it may be deleted while the host does not run. */
  readonly cache: string;
}

export type RegistryLimits = typeof REGISTRY extends infer Limits
  ? { readonly [Name in keyof Limits]: number }
  : never;

export interface RegistryDeps {
  readonly folders: RegistryFolders;
  readonly bundler: BundlerDeps;
  readonly sandboxes: Pick<Sandboxes, "describe" | "retire">;
  readonly records: PluginRecords;
  readonly grants: GrantRecords;
  /** The owner's settings of one plugin; `{ enabled: true, config: {} }` where there are none. */
  readonly settingsOf: (pluginId: string) => PluginSettings;
  readonly fetchPackage?: FetchPackage;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits?: RegistryLimits;
}

/** What the broker needs to know of a plugin. */
export interface PluginRights {
  readonly rights: Rights;
  /** Null for a plugin that is not there (any more); it holds nothing. */
  readonly folder: string | null;
  readonly config: JsonObject;
}

export interface InstallRequest {
  /** Absolute path of a folder or `.tgz`, or the name of an npm package. */
  readonly source: string;
  /** Grant what it asks for without a question. */
  readonly yes: boolean;
}

export interface Registry {
  /** Resolves when everything that served before the last stop serves again. What is new follows. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when every folder that is there now has been read. */
  settled(): Promise<void>;
  plugins(): readonly PluginSummary[];
  /** Tools that can be used now, by name. */
  tools(): readonly RegisteredTool[];
  tool(name: string): RegisteredTool | null;
  rightsOf(pluginId: string): PluginRights;
  skills(): readonly SkillSummary[];
  /** A skill's instructions. Rejects with `plugin.unknown` or `plugin.broken`. */
  skillText(name: string): Promise<string>;
  approvals(): readonly Approval[];
  onApproval(listener: (change: ApprovalChange) => void): () => void;
  /** Answers a question. False if it is not open any more, or was never about this request. */
  resolveApproval(id: string, decision: ApprovalDecision): Promise<boolean>;
  grant(pluginId: string): Promise<PluginSummary>;
  deny(pluginId: string): Promise<PluginSummary>;
  revoke(pluginId: string): Promise<PluginSummary>;
  remove(pluginId: string): Promise<void>;
  install(request: InstallRequest): Promise<PluginSummary>;
  /** The owner's settings of plugins were changed. */
  settingsChanged(): Promise<void>;
  onChange(listener: () => void): () => void;
}

export function createRegistry(deps: RegistryDeps): Registry {
  const { folders, clock, log } = deps;
  const limits: RegistryLimits & WatchLimits = deps.limits ?? REGISTRY;
  const listeners = new Set<() => void>();
  const pending = new Set<Promise<void>>();
  const exclusive = createTurns(1);
  const approvals = createOpenApprovals();
  const bundler = createBundler({ idleMs: limits.bundlerIdleMs, ...deps.bundler });
  const grants = createGrants(deps.grants, clock);
  const roots = rootsOf(folders);
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
    records: deps.records,
    grantsOf: grants.of,
    settingsOf: deps.settingsOf,
    releaseGrants: folders.builtinGrants,
    loads: createTurns(limits.loadsAtOnce),
    clock,
    log,
    background,
    onChange: () => tell("cancelled"),
  });
  const skills = createSkillShelf(shelf, texts, versions.blobs);
  /** What served before the last stop and is as it was: it is there as soon as the registry has started. */
  const known: Promise<void>[] = [];
  const watch = createFolderWatch({
    roots,
    limits,
    clock,
    exclusive,
    isKnown: shelf.isKnown,
    onStill(found) {
      const work = found.kind === "skill" ? texts.read(found) : shelf.place(found);
      if (shelf.isKnown(found)) known.push(work);
      background(found.kind === "skill" ? work.then(() => tell("cancelled")) : work);
    },
    onGone: (folder) => background(gone(folder)),
  });

  function background(work: Promise<void>): void {
    const kept = work
      .catch((error: unknown) => log.error("Cannot read a plugin's folder", { error }))
      .finally(() => pending.delete(kept));
    pending.add(kept);
  }

  function conflictOf(slot: Slot): string | null {
    return shelf.slot(slot.id) === slot ? (shelf.tools().conflicts.get(slot.id) ?? null) : null;
  }

  const summaryOf = (slot: Slot) => summarize(slot, conflictOf(slot));

  function tell(decision: ApprovalDecision | "cancelled"): void {
    const open = shelf.slots().flatMap((slot) => approvalOf(slot, clock.now()) ?? []);
    approvals.update(open, decision);
    for (const listener of listeners) listener();
  }

  /** The plugin of this id, or the folder of this name that no plugin could be read from. */
  function need(pluginId: string): Slot {
    const slot = shelf.slot(pluginId) ?? shelf.slots().find(({ id }) => id === pluginId);
    if (slot !== undefined) return slot;
    throw new HostError("plugin.unknown", `Cannot find the plugin "${pluginId}"`, {
      fix: "See which there are with: openclaw plugin list",
    });
  }

  async function gone(folder: string): Promise<void> {
    texts.forget(folder);
    const slot = shelf.slots().find((one) => one.folder === folder);
    await shelf.gone(folder);
    if (slot?.origin === "installed") await grants.forget(slot.id);
    tell("cancelled");
  }

  async function answer(slot: Slot, decision: "granted" | "denied"): Promise<PluginSummary> {
    await grants.answer(slot, decision);
    await shelf.resettle(slot);
    tell(decision === "granted" ? "allow-always" : "deny");
    return summaryOf(slot);
  }

  async function commit(staged: Staged): Promise<Slot> {
    const { version } = staged;
    const { id } = version.manifest;
    const folder = join(folders.plugins, id);
    await refuseTaken(id, folder);
    await shelf.pin(id, folder, { hash: hashOfHashes(version.files), files: version.files });
    await staged.commit();
    watch.tell(folder, version.fingerprint);
    const root = roots.find(({ path }) => path === folders.plugins) ?? rootOf(folders.plugins, "plugins");
    await shelf.install(
      { folder, root, kind: "plugin", fingerprint: version.fingerprint, changedAt: clock.now() },
      version,
    );
    return need(id);
  }

  /** Nothing of the owner's is overwritten but an earlier version of the same plugin. */
  async function refuseTaken(id: string, folder: string): Promise<void> {
    const owner = shelf.slot(id);
    if (owner?.origin === "builtin") {
      throw new HostError(
        "request.invalid",
        `Cannot install "${id}": this release brings a plugin with that id`,
      );
    }
    const there = shelf.slots().find((slot) => slot.folder === folder);
    const inTheWay = owner !== undefined ? owner.folder !== folder : (there?.id ?? id) !== id;
    const unknown = there === undefined && (await lstat(folder).catch(() => null)) !== null;
    if (!inTheWay && !unknown) return;
    throw new HostError(
      "request.invalid",
      `Cannot install "${id}": another folder of the state's plugins is in its way`,
      {
        fix: `Remove it first; see: openclaw plugin info ${id}`,
      },
    );
  }

  async function forgetLost(): Promise<void> {
    for (const { id, folder, origin } of shelf.lost()) {
      if ((await lstat(dirname(folder)).catch(() => null)) === null) continue;
      if ((await lstat(folder).catch(() => null)) !== null) continue;
      await deps.records.remove(id);
      if (origin === "installed") await grants.forget(id);
    }
  }

  return {
    async start() {
      const [stored, answers, toolchain] = await Promise.all([
        deps.records.list(),
        deps.grants.list(),
        bundler.toolchain(),
        tidyInstalls(folders.plugins),
      ]);
      grants.remember(answers);
      shelf.remember(stored, toolchain);
      await watch.start();
      await Promise.allSettled(known);
      background(forgetLost());
    },
    async stop() {
      watch.stop();
      await Promise.allSettled(pending);
      await bundler.stop();
      await versions.blobs.sweep(shelf.neededBlobs());
    },
    async settled() {
      while (pending.size > 0 || watch.unsettled()) {
        await Promise.allSettled(pending);
        if (!watch.unsettled()) continue;
        await new Promise((resolve) => setTimeout(resolve, limits.settleMs / 3));
        await watch.look();
      }
    },
    plugins: () => shelf.slots().map(summaryOf),
    tools: () => shelf.tools().list,
    tool: (name) => shelf.tools().byName.get(name) ?? null,
    rightsOf(pluginId) {
      const slot = shelf.slot(pluginId);
      if (slot === undefined) return { rights: NO_RIGHTS, folder: null, config: {} };
      return { rights: slot.rights, folder: slot.folder, config: slot.settings.config };
    },
    skills: skills.list,
    skillText: skills.text,
    approvals: approvals.list,
    onApproval: approvals.subscribe,
    async resolveApproval(id, decision) {
      const approval = approvals.find(id);
      const slot = approval === undefined ? undefined : shelf.slot(approval.pluginId);
      if (slot?.use?.may !== "wait" || slot.use.requestHash !== approval?.subjectHash) return false;
      await answer(slot, decision === "deny" ? "denied" : "granted");
      return true;
    },
    grant: async (pluginId) => answer(need(pluginId), "granted"),
    deny: async (pluginId) => answer(need(pluginId), "denied"),
    async revoke(pluginId) {
      const slot = need(pluginId);
      await grants.revoke(slot);
      await shelf.resettle(slot);
      return summaryOf(slot);
    },
    async remove(pluginId) {
      const slot = need(pluginId);
      if (slot.origin === "builtin") {
        throw new HostError("request.forbidden", `Cannot remove "${pluginId}": it is part of this release`, {
          fix: `Set plugins.entries.${pluginId}.enabled to false in openclaw.json`,
        });
      }
      await exclusive(async () => {
        const aside = join(dirname(slot.folder), `${INSTALLING}removed-${crypto.randomUUID()}`);
        await rename(slot.folder, aside);
        await gone(slot.folder);
        await grants.forget(pluginId);
        await rm(aside, { recursive: true, force: true });
      });
    },
    async install({ source, yes }) {
      const staged = await stage(source, null, {
        ...versions,
        plugins: folders.plugins,
        archiveLimits: limits,
        fetchPackage: deps.fetchPackage ?? null,
        log,
      });
      try {
        const slot = await exclusive(() => commit(staged));
        return yes && slot.use?.may !== "use" ? await answer(slot, "granted") : summaryOf(slot);
      } finally {
        await staged.discard();
      }
    },
    async settingsChanged() {
      for (const slot of shelf.slots()) {
        const before = JSON.stringify(slot.settings);
        if (JSON.stringify(deps.settingsOf(slot.id)) === before) continue;
        // Settings are given to an isolate when it is opened.
        deps.sandboxes.retire(slot.id);
        await shelf.resettle(slot);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function rootsOf({ builtin, plugins, skills }: RegistryFolders): Root[] {
  return [
    ...(builtin === null ? [] : [{ path: builtin, origin: "builtin", depth: 2, holds: "skills" } as const]),
    rootOf(plugins, "plugins"),
    ...skills.map((path) => rootOf(path, "skills")),
  ];
}

/** Skills may be grouped in folders, as OpenClaw allows: at most six deep. */
function rootOf(path: string, holds: Root["holds"]): Root {
  return { path, origin: "dropped", depth: holds === "skills" ? 6 : 1, holds };
}
