/**
 * All plugins of this host: the folders they stand in, the versions that serve, the tools they give.
 *
 * Guarantees: one plugin an id, a built-in one before any other, else the first; a folder that breaks or
 * asks for more leaves the earlier version serving; an installed folder that is not what was pinned runs no
 * code. Everything that is asked between two changes (`tools`, `slot`) costs a look into a map.
 */
import { basename } from "node:path";
import type { ApprovalDecision } from "#host/base/approval.ts";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import type { Found } from "./discover.ts";
import type { PluginMemory } from "./plugin-memory.ts";
import type { GrantRecord } from "./records.ts";
import { readReleaseGrant } from "./release-grant.ts";
import { createSlot, type PluginSettings, settleSlot, type Slot } from "./slot.ts";
import { checkPackages, checkPin, packagesOf, placeOf, settingsProblemOf } from "./slot-checks.ts";
import { buildToolTable, type ToolTable } from "./tool-table.ts";
import { createTurns, type Turns } from "./turns.ts";
import { loadVersion, type PluginVersion, type VersionDeps } from "./version.ts";
import { fromVersionRecord } from "./version-record.ts";

/** Failures that say nothing about the plugin: it is read again in a while, though its files did not change. */
const PASSING: ReadonlySet<string> = new Set(["sandbox.unavailable", "plugin.crashed", "plugin.deadline"]);

export interface ShelfDeps extends VersionDeps {
  readonly sandboxes: Pick<Sandboxes, "describe" | "retire" | "callTool">;
  readonly memory: PluginMemory;
  readonly grantsOf: (pluginId: string) => readonly GrantRecord[];
  readonly settingsOf: (pluginId: string) => PluginSettings;
  /** `manifests/` of the release, or null. */
  readonly releaseGrants: string | null;
  readonly loads: Turns;
  readonly log: Log;
  /** Does this in a while, unless the registry is stopped before. */
  readonly later: (task: () => void) => void;
  /** Work that nobody awaits, so that it can be waited for. */
  readonly background: (work: Promise<void>) => void;
  /** Something that people or models see has changed; `decision` is why a question may be gone. */
  readonly onChange: (decision: ApprovalDecision | "cancelled") => void;
}

export interface Shelf {
  /** Reads what is in the folder now and lets it serve as far as it may. Never rejects. */
  place(found: Found): Promise<void>;
  /** The same for a version that was read already, from a folder that is now in its place. */
  install(found: Found, version: PluginVersion): Promise<void>;
  gone(folder: string): Promise<void>;
  /** Grants or settings of this plugin changed; `decision` is the owner's, if it was one. */
  resettle(slot: Slot, decision?: ApprovalDecision): Promise<void>;
  slots(): readonly Slot[];
  slot(id: string): Slot | undefined;
  tools(): ToolTable;
  /** Hashes that versions still need. */
  neededBlobs(): ReadonlySet<string>;
}

export function createShelf(deps: ShelfDeps): Shelf {
  const { memory } = deps;
  const slots = new Map<string, Slot>();
  const owners = new Map<string, Slot>();
  const queues = new Map<string, Turns>();
  let table: ToolTable = buildToolTable([]);
  let placed = 0;
  /** How many are arriving: to tell of two hundred one by one costs more than to read them. */
  let arriving = 0;
  let toTell = false;

  /** What happens to one folder happens in order: an older reading never replaces a newer one. */
  function inOrder(folder: string, task: () => Promise<void>): Promise<void> {
    const turns = queues.get(folder) ?? createTurns(1);
    queues.set(folder, turns);
    return turns(task);
  }

  async function place(found: Found): Promise<void> {
    const slot = slots.get(found.folder);
    return slot === undefined ? arrive(found) : load(slot);
  }

  /** A folder that was not here before: as it was before the restart, or read. */
  async function arrive(found: Found): Promise<void> {
    const unread = await together(async () => {
      const { slot, known } = await open(found);
      if (known === null || !memory.isKnown(found)) return slot;
      slot.latest = known;
      await resettle(slot);
      return null;
    });
    if (unread !== null) await load(unread);
  }

  /** What arrives while others do is told of once, with the last of them. */
  async function together<Result>(arrival: () => Promise<Result>): Promise<Result> {
    arriving++;
    try {
      return await arrival();
    } finally {
      arriving--;
      if (toTell) refresh("cancelled");
    }
  }

  /** A slot with the version that served before the restart; `known` is the one that was read last. */
  async function open({ folder, root }: Found): Promise<{ slot: Slot; known: PluginVersion | null }> {
    const record = memory.at(folder);
    const id = record?.id ?? basename(folder);
    const slot = createSlot({
      folder,
      root,
      id,
      origin:
        root.origin === "builtin" ? "builtin" : record?.origin === "installed" ? "installed" : "dropped",
      pinned: record?.pinned ?? null,
      settings: deps.settingsOf(id),
      seniority: placed++,
    });
    slots.set(folder, slot);
    slot.release = await readReleaseGrant(slot, deps.releaseGrants, deps.log);
    const serving = fromVersionRecord(record?.serving ?? null);
    const newest = record?.newest ?? null;
    const known = newest === null ? serving : fromVersionRecord(newest);
    if ((serving ?? known) === null || claim(slot, id) !== null) return { slot, known: null };
    slot.serving = serving;
    return { slot, known };
  }

  async function load(slot: Slot): Promise<void> {
    try {
      const version = await deps.loads(() =>
        loadVersion(
          {
            folder: slot.folder,
            packagesFolder: packagesOf(slot),
            describeIn: slot.origin === "builtin" ? "builtin" : "rightless",
            earlier: slot.latest ?? slot.serving,
            inspect: ({ hashes }) => checkPin(slot, hashes),
            ...(slot.origin === "installed"
              ? { inspectPackages: (hash: string | null) => checkPackages(slot, hash) }
              : {}),
            provenance: slot.pinned?.provenance ?? null,
          },
          deps,
        ),
      );
      if (slots.get(slot.folder) === slot) await accept(slot, version);
    } catch (error) {
      if (slots.get(slot.folder) === slot) await refuse(slot, error);
    }
  }

  async function accept(slot: Slot, version: PluginVersion): Promise<void> {
    const { id } = version.manifest;
    if (owners.get(slot.id) === slot && slot.id !== id) await giveUp(slot);
    const taken = claim(slot, id);
    if (taken !== null) {
      slot.id = id;
      slot.serving = null;
      return refuse(slot, new HostError("plugin.broken", taken));
    }
    slot.latest = version;
    slot.problem = null;
    await resettle(slot);
  }

  async function refuse(slot: Slot, error: unknown): Promise<void> {
    slot.latest = null;
    const reason = asHostError(error, "plugin.broken");
    slot.problem = explain(reason);
    deps.log.warn(`Cannot use the plugin in "${placeOf(slot)}"`, { error });
    if (reason.code === "plugin.tampered") slot.serving = null;
    if (PASSING.has(reason.code)) deps.later(() => slots.get(slot.folder) === slot && reload(slot));
    await resettle(slot);
  }

  async function resettle(slot: Slot, decision: ApprovalDecision | "cancelled" = "cancelled"): Promise<void> {
    slot.settings = deps.settingsOf(slot.id);
    const version = slot.latest ?? slot.serving;
    slot.settingsProblem =
      version === null ? null : await settingsProblemOf(version, slot.settings, deps.sandboxes);
    const changed = settleSlot(slot, deps.grantsOf(slot.id), deps.blobs);
    if (changed && owners.get(slot.id) === slot) deps.sandboxes.retire(slot.id);
    if (owners.get(slot.id) === slot) await memory.save(slot);
    refresh(decision);
  }

  /** Makes the slot the one that answers for this id. Otherwise says who does. */
  function claim(slot: Slot, id: string): string | null {
    const owner = owners.get(id);
    const wins =
      owner === undefined || owner === slot || (slot.origin === "builtin" && owner.origin !== "builtin");
    if (!wins) {
      return `Cannot use the plugin in "${placeOf(slot)}": its id "${id}" belongs to the plugin in "${placeOf(owner)}". Give it another id or remove one of the two`;
    }
    slot.id = id;
    owners.set(id, slot);
    if (owner !== undefined && owner !== slot) reload(owner);
    return null;
  }

  function reload(slot: Slot): void {
    deps.background(inOrder(slot.folder, () => load(slot)));
  }

  async function giveUp(slot: Slot): Promise<void> {
    const { id } = slot;
    if (owners.get(id) !== slot) return;
    owners.delete(id);
    slot.serving = null;
    deps.sandboxes.retire(id);
    await memory.forget(id);
    for (const other of slots.values()) if (other !== slot && other.id === id) reload(other);
  }

  function refresh(decision: ApprovalDecision | "cancelled"): void {
    toTell = arriving > 0 && decision === "cancelled";
    if (toTell) return;
    const sorted = [...owners.values()].sort(
      (a, b) => Number(b.origin === "builtin") - Number(a.origin === "builtin") || a.seniority - b.seniority,
    );
    table = buildToolTable(
      sorted.flatMap(({ id, origin, code, serving }) =>
        code === null ? [] : [{ pluginId: id, origin, code, tools: serving?.description?.tools ?? [] }],
      ),
    );
    deps.onChange(decision);
  }

  return {
    place: (found) => inOrder(found.folder, () => place(found)),
    install: (found, version) =>
      inOrder(found.folder, async () => {
        const old = slots.get(found.folder);
        if (old !== undefined && owners.get(old.id) === old) owners.delete(old.id);
        slots.delete(found.folder);
        const { slot } = await open(found);
        await accept(slot, version);
      }),
    async gone(folder) {
      const slot = slots.get(folder);
      if (slot === undefined) return;
      slots.delete(folder);
      queues.delete(folder);
      await giveUp(slot);
      refresh("cancelled");
    },
    resettle,
    slots: () => [...slots.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    slot: (id) => owners.get(id),
    tools: () => table,
    neededBlobs: () =>
      new Set(
        [...slots.values()].flatMap(({ serving, latest }) => [...blobsOf(serving), ...blobsOf(latest)]),
      ),
  };
}

function blobsOf(version: PluginVersion | null): string[] {
  return [version?.bundleHash, version?.skill?.textHash].filter((hash) => typeof hash === "string");
}
