/**
 * All plugins of this host: the folders they stand in, the versions that serve, the tools they give.
 *
 * Guarantees: one plugin an id, a built-in one before any other, else the first; a folder that breaks or
 * asks for more leaves the earlier version serving; an installed folder that is not what was pinned runs no
 * code. Everything that is asked between two changes (`tools`, `slot`) costs a look into a map.
 */
import { basename, dirname, join } from "node:path";
import type { Clock } from "#host/base/clock.ts";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { Found } from "./discover.ts";
import { changedFiles } from "./permission-request.ts";
import { checkPluginConfig } from "./plugin-config.ts";
import type { GrantRecord, PinRecord, PluginRecord, PluginRecords } from "./records.ts";
import { readReleaseGrant } from "./release-grant.ts";
import { createSlot, type PluginSettings, settleSlot, type Slot } from "./slot.ts";
import { buildToolTable, type ToolTable } from "./tool-table.ts";
import { createTurns, type Turns } from "./turns.ts";
import { loadVersion, type PluginVersion, type VersionDeps } from "./version.ts";
import { fromServingRecord, toServingRecord } from "./version-record.ts";

export interface ShelfDeps extends VersionDeps {
  readonly records: PluginRecords;
  readonly grantsOf: (pluginId: string) => readonly GrantRecord[];
  readonly settingsOf: (pluginId: string) => PluginSettings;
  /** `manifests/` of the release, or null. */
  readonly releaseGrants: string | null;
  readonly loads: Turns;
  readonly clock: Clock;
  readonly log: Log;
  /** Work that nobody awaits, so that it can be waited for. */
  readonly background: (work: Promise<void>) => void;
  /** Something that people or models see has changed. */
  readonly onChange: () => void;
}

export interface Shelf {
  /** Takes over what the store remembers. Before the first `place`. */
  remember(records: readonly PluginRecord[], toolchain: string): void;
  isKnown(found: Found): boolean;
  /** Reads what is in the folder now and lets it serve as far as it may. Never rejects. */
  place(found: Found): Promise<void>;
  /** The same for a version that was read already, from a folder that is now in its place. */
  install(found: Found, version: PluginVersion): Promise<void>;
  /** Notes what an installed folder must be, before it is put into its place. */
  pin(id: string, folder: string, pinned: PinRecord): Promise<void>;
  gone(folder: string): Promise<void>;
  /** Grants or settings of this plugin changed. */
  resettle(slot: Slot): Promise<void>;
  slots(): readonly Slot[];
  slot(id: string): Slot | undefined;
  tools(): ToolTable;
  /** Records of plugins whose folders have not been found. */
  lost(): readonly PluginRecord[];
  /** Hashes that versions still need. */
  neededBlobs(): ReadonlySet<string>;
}

export function createShelf(deps: ShelfDeps): Shelf {
  const slots = new Map<string, Slot>();
  const owners = new Map<string, Slot>();
  const queues = new Map<string, Turns>();
  const records = new Map<string, PluginRecord>();
  let table: ToolTable = buildToolTable([]);
  let toolchainNow = "";
  let placed = 0;

  const recordAt = (folder: string) => [...records.values()].find((record) => record.folder === folder);

  function isKnown({ folder, fingerprint }: Found): boolean {
    const serving = recordAt(folder)?.serving;
    return serving?.fingerprint === fingerprint && serving.toolchain === toolchainNow;
  }

  /** What happens to one folder happens in order: an older reading never replaces a newer one. */
  function inOrder(folder: string, task: () => Promise<void>): Promise<void> {
    const turns = queues.get(folder) ?? createTurns(1);
    queues.set(folder, turns);
    return turns(task);
  }

  async function place(found: Found): Promise<void> {
    const slot = slots.get(found.folder) ?? (await open(found));
    if (slot.serving !== null && slot.latest === null && slot.problem === null && isKnown(found)) {
      slot.latest = slot.serving;
      await resettle(slot);
    } else await load(slot);
  }

  /** A slot for a folder that was not here before, with the version that served before the restart. */
  async function open({ folder, root }: Found): Promise<Slot> {
    const record = recordAt(folder);
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
    const version =
      record?.serving === undefined || record.serving === null ? null : fromServingRecord(record.serving);
    const bundle = version?.bundleHash ?? null;
    const hasBundle = bundle === null || (await deps.blobs.has(bundle));
    if (version !== null && hasBundle && claim(slot, version.manifest.id) === null) slot.serving = version;
    return slot;
  }

  async function load(slot: Slot): Promise<void> {
    try {
      const version = await deps.loads(() =>
        loadVersion(
          {
            folder: slot.folder,
            withPackages: slot.origin === "installed",
            earlier: slot.latest ?? slot.serving,
            inspect: ({ hashes }) => checkPin(slot, hashes),
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
    await resettle(slot);
  }

  async function resettle(slot: Slot): Promise<void> {
    slot.settings = deps.settingsOf(slot.id);
    const version = slot.latest ?? slot.serving;
    slot.settingsProblem = version === null ? null : await settingsProblemOf(version, slot.settings);
    const changed = settleSlot(slot, deps.grantsOf(slot.id), deps.blobs);
    if (changed && owners.get(slot.id) === slot) deps.sandboxes.retire(slot.id);
    await save(slot);
    refresh();
  }

  async function save(slot: Slot): Promise<void> {
    if (owners.get(slot.id) !== slot) return;
    const serving = slot.serving === null ? null : toServingRecord(slot.serving);
    const { id, origin, folder, pinned } = slot;
    const known = records.get(id);
    if (known !== undefined && isSame(known, { serving, pinned, folder })) return;
    if (known === undefined && serving === null && pinned === null) return;
    const record = { id, origin, folder, serving, pinned, updatedAt: deps.clock.now() };
    records.set(id, record);
    await deps.records.save(record);
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
    records.delete(id);
    slot.serving = null;
    deps.sandboxes.retire(id);
    await deps.records.remove(id);
    for (const other of slots.values()) if (other !== slot && other.id === id) reload(other);
  }

  function refresh(): void {
    const inOrder = [...owners.values()].sort(
      (a, b) => Number(b.origin === "builtin") - Number(a.origin === "builtin") || a.seniority - b.seniority,
    );
    table = buildToolTable(
      inOrder.flatMap(({ id, origin, code, serving }) =>
        code === null ? [] : [{ pluginId: id, origin, code, tools: serving?.description?.tools ?? [] }],
      ),
    );
    deps.onChange();
  }

  return {
    remember(stored, toolchain) {
      toolchainNow = toolchain;
      for (const record of stored) records.set(record.id, record);
    },
    isKnown,
    place: (found) => inOrder(found.folder, () => place(found)),
    install: (found, version) =>
      inOrder(found.folder, async () => {
        const old = slots.get(found.folder);
        if (old !== undefined && owners.get(old.id) === old) owners.delete(old.id);
        slots.delete(found.folder);
        const slot = await open(found);
        await accept(slot, version);
      }),
    async pin(id, folder, pinned) {
      const serving = records.get(id)?.serving ?? null;
      const record = {
        id,
        origin: "installed",
        folder,
        serving,
        pinned,
        updatedAt: deps.clock.now(),
      } as const;
      records.set(id, record);
      await deps.records.save(record);
    },
    async gone(folder) {
      const slot = slots.get(folder);
      if (slot === undefined) return;
      slots.delete(folder);
      queues.delete(folder);
      await giveUp(slot);
      refresh();
    },
    resettle,
    slots: () => [...slots.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    slot: (id) => owners.get(id),
    tools: () => table,
    lost: () => [...records.values()].filter((record) => !slots.has(record.folder)),
    neededBlobs: () =>
      new Set(
        [...slots.values()].flatMap(({ serving, latest }) => [...blobsOf(serving), ...blobsOf(latest)]),
      ),
  };
}

/** `plugins/dice`: enough to find it, without telling where on this machine. */
function placeOf({ folder }: Slot): string {
  return join(basename(dirname(folder)), basename(folder));
}

function blobsOf(version: PluginVersion | null): string[] {
  return [version?.bundleHash, version?.skill?.textHash].filter((hash) => typeof hash === "string");
}

function checkPin(slot: Slot, hashes: Readonly<Record<string, string>>): void {
  if (slot.pinned === null) return;
  const [first] = changedFiles(slot.pinned.files, hashes);
  if (first === undefined) return;
  throw new HostError("plugin.tampered", `Cannot use "${slot.id}": it is not what was installed (${first})`, {
    fix: `Install it again, or remove it with: openclaw plugin remove ${slot.id}`,
  });
}

function isSame(known: PluginRecord, now: Pick<PluginRecord, "serving" | "pinned" | "folder">): boolean {
  return (
    known.folder === now.folder &&
    known.pinned?.hash === now.pinned?.hash &&
    known.serving?.fingerprint === now.serving?.fingerprint &&
    known.serving?.bundleHash === now.serving?.bundleHash
  );
}

async function settingsProblemOf(version: PluginVersion, settings: PluginSettings): Promise<string | null> {
  try {
    await checkPluginConfig(version.manifest, settings.config);
    return null;
  } catch (error) {
    return explain(asHostError(error));
  }
}
