/**
 * The plugins' records, kept in memory beside the store: which version served in which folder, and which one
 * was read there last.
 *
 * Writes only what changed, so that reading a folder again costs no write.
 */
import type { Clock } from "#host/base/clock.ts";
import type { Found } from "./discover.ts";
import type { PinRecord, PluginRecord, PluginRecords, VersionRecord } from "./records.ts";
import type { Slot } from "./slot.ts";
import type { PluginVersion } from "./version.ts";
import { toVersionRecord } from "./version-record.ts";

/** What remembered versions still have to fit. */
export interface MakingsNow {
  readonly toolchain: string;
  /** Hashes of the bundles that are there. */
  readonly bundles: ReadonlySet<string>;
}

export interface PluginMemory {
  /** Takes over what the store has. A version whose bundle is gone, or of another toolchain, is made anew. */
  load(stored: readonly PluginRecord[], now: MakingsNow): void;
  at(folder: string): PluginRecord | undefined;
  /** True if the folder is as it was when it was last read. */
  isKnown(found: Found): boolean;
  save(slot: Slot): Promise<void>;
  /** Notes what an installed folder must be, before it is put into its place. */
  pin(id: string, folder: string, pinned: PinRecord): Promise<void>;
  forget(id: string): Promise<void>;
  all(): readonly PluginRecord[];
  /** Hashes that the versions need which are to be taken up after the next start. */
  neededBlobs(): readonly string[];
}

export function createPluginMemory(store: PluginRecords, clock: Clock): PluginMemory {
  const records = new Map<string, PluginRecord>();
  const byFolder = new Map<string, PluginRecord>();
  let toolchainNow = "";

  function drop(id: string): void {
    const record = records.get(id);
    records.delete(id);
    if (record !== undefined && byFolder.get(record.folder) === record) byFolder.delete(record.folder);
  }

  function remember(record: PluginRecord): void {
    drop(record.id);
    records.set(record.id, record);
    byFolder.set(record.folder, record);
  }

  async function keep(record: PluginRecord): Promise<void> {
    remember(record);
    await store.save(record);
  }
  return {
    load(stored, { toolchain, bundles }) {
      toolchainNow = toolchain;
      const there = (version: VersionRecord | null) =>
        version === null || version.bundleHash === "" || bundles.has(version.bundleHash) ? version : null;
      for (const record of stored)
        remember({ ...record, serving: there(record.serving), newest: there(record.newest) });
    },
    at: (folder) => byFolder.get(folder),
    isKnown({ folder, fingerprint }) {
      const record = byFolder.get(folder);
      const read = record?.newest ?? record?.serving;
      return read?.fingerprint === fingerprint && read.toolchain === toolchainNow;
    },
    async save(slot) {
      const { id, origin, folder, pinned } = slot;
      const known = records.get(id);
      if (known === undefined ? isNothing(slot) : isSame(known, slot)) return;
      const serving = recordOf(slot.serving);
      const newest = recordOf(waitingIn(slot));
      await keep({ id, origin, folder, serving, newest, pinned, updatedAt: clock.now() });
    },
    async pin(id, folder, pinned) {
      const serving = records.get(id)?.serving ?? null;
      await keep({
        id,
        origin: "installed",
        folder,
        serving,
        newest: null,
        pinned,
        updatedAt: clock.now(),
      });
    },
    async forget(id) {
      drop(id);
      await store.remove(id);
    },
    all: () => [...records.values()],
    neededBlobs: () =>
      [...records.values()]
        .flatMap(({ serving, newest }) => [serving, newest])
        .flatMap((version) =>
          version === null ? [] : [version.bundleHash, String(version.skill?.["textHash"] ?? "")],
        ),
  };
}

/** The version that was read last, if it is not the one that serves. */
function waitingIn({ latest, serving }: Slot): PluginVersion | null {
  return latest === serving ? null : latest;
}

function isNothing(slot: Slot): boolean {
  return slot.serving === null && slot.pinned === null && waitingIn(slot) === null;
}

function recordOf(version: PluginVersion | null): VersionRecord | null {
  return version === null ? null : toVersionRecord(version);
}

function isSame(known: PluginRecord, slot: Slot): boolean {
  return (
    known.folder === slot.folder &&
    known.pinned?.hash === slot.pinned?.hash &&
    isSameVersion(known.serving, slot.serving) &&
    isSameVersion(known.newest, waitingIn(slot))
  );
}

function isSameVersion(known: VersionRecord | null, now: PluginVersion | null): boolean {
  if (known === null || now === null) return known === now;
  return known.fingerprint === now.fingerprint && known.bundleHash === (now.bundleHash ?? "");
}
