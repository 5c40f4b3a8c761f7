/**
 * The plugins' records, kept in memory beside the store: which version served in which folder.
 *
 * Writes only what changed, so that reading a folder again costs no write.
 */
import type { Clock } from "#host/base/clock.ts";
import type { Found } from "./discover.ts";
import type { PinRecord, PluginRecord, PluginRecords } from "./records.ts";
import type { Slot } from "./slot.ts";
import { toServingRecord } from "./version-record.ts";

export interface PluginMemory {
  /** Takes over what the store has. Bundles of another toolchain are made anew. */
  load(stored: readonly PluginRecord[], toolchain: string): void;
  at(folder: string): PluginRecord | undefined;
  /** True if the folder is as it was when the version that serves was read. */
  isKnown(found: Found): boolean;
  save(slot: Slot): Promise<void>;
  /** Notes what an installed folder must be, before it is put into its place. */
  pin(id: string, folder: string, pinned: PinRecord): Promise<void>;
  forget(id: string): Promise<void>;
  all(): readonly PluginRecord[];
  /** Hashes that the versions need which are to serve after the next start. */
  neededBlobs(): readonly string[];
}

export function createPluginMemory(store: PluginRecords, clock: Clock): PluginMemory {
  const records = new Map<string, PluginRecord>();
  let toolchainNow = "";

  const at = (folder: string) => [...records.values()].find((record) => record.folder === folder);

  async function keep(record: PluginRecord): Promise<void> {
    records.set(record.id, record);
    await store.save(record);
  }
  return {
    load(stored, toolchain) {
      toolchainNow = toolchain;
      for (const record of stored) records.set(record.id, record);
    },
    at,
    isKnown({ folder, fingerprint }) {
      const serving = at(folder)?.serving;
      return serving?.fingerprint === fingerprint && serving.toolchain === toolchainNow;
    },
    async save({ id, origin, folder, pinned, serving: version }) {
      const serving = version === null ? null : toServingRecord(version);
      const known = records.get(id);
      const isNothing = known === undefined && serving === null && pinned === null;
      if (isNothing || (known !== undefined && isSame(known, { folder, pinned, serving }))) return;
      await keep({ id, origin, folder, serving, pinned, updatedAt: clock.now() });
    },
    async pin(id, folder, pinned) {
      const serving = records.get(id)?.serving ?? null;
      await keep({ id, origin: "installed", folder, serving, pinned, updatedAt: clock.now() });
    },
    async forget(id) {
      records.delete(id);
      await store.remove(id);
    },
    all: () => [...records.values()],
    neededBlobs: () =>
      [...records.values()].flatMap(({ serving }) =>
        serving === null ? [] : [serving.bundleHash, String(serving.skill?.["textHash"] ?? "")],
      ),
  };
}

function isSame(known: PluginRecord, now: Pick<PluginRecord, "serving" | "pinned" | "folder">): boolean {
  return (
    known.folder === now.folder &&
    known.pinned?.hash === now.pinned?.hash &&
    known.serving?.fingerprint === now.serving?.fingerprint &&
    known.serving?.bundleHash === now.serving?.bundleHash
  );
}
