/**
 * What the registry remembers of plugins over a restart (`PluginRecords` of host/registry): one record for
 * each, with the version that serves, the one that waits and, for an installed one, what its folder must be.
 */
import { eq } from "drizzle-orm";
import { plugins } from "#drizzle/sqlite/schema.ts";
import type { JsonObject } from "#host/base/json.ts";
import { type Database, parseColumn } from "./database.ts";

/** A version in enough detail to be taken up again without reading its folder. */
export interface VersionRecord {
  readonly version: string;
  readonly manifest: JsonObject;
  readonly fingerprint: string;
  readonly sourceHash: string;
  readonly bundleHash: string;
  readonly toolchain: string;
  readonly files: Readonly<Record<string, string>>;
  readonly description: JsonObject | null;
}

export interface PinRecord {
  readonly hash: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface PluginRecord {
  readonly id: string;
  readonly origin: "builtin" | "dropped" | "installed";
  /** Absolute path. */
  readonly folder: string;
  readonly serving: VersionRecord | null;
  /** What was read last, where that is not the version that serves. */
  readonly newest: VersionRecord | null;
  readonly pinned: PinRecord | null;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

export interface PluginRecords {
  list(): Promise<readonly PluginRecord[]>;
  /** Replaces the record of this id. */
  save(record: PluginRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createPluginRecords(db: Database): PluginRecords {
  return {
    async list() {
      return db.select().from(plugins).orderBy(plugins.id).all().map(fromRow);
    },

    async save(record) {
      const row = {
        ...record,
        serving: record.serving === null ? null : JSON.stringify(record.serving),
        newest: record.newest === null ? null : JSON.stringify(record.newest),
        pinned: record.pinned === null ? null : JSON.stringify(record.pinned),
      };
      db.insert(plugins).values(row).onConflictDoUpdate({ target: plugins.id, set: row }).run();
    },

    async remove(id) {
      db.delete(plugins).where(eq(plugins.id, id)).run();
    },
  };
}

function fromRow(row: typeof plugins.$inferSelect): PluginRecord {
  const what = `the record of plugin "${row.id}"`;
  return {
    ...row,
    serving: row.serving === null ? null : parseColumn<VersionRecord>(row.serving, what),
    newest: row.newest === null ? null : parseColumn<VersionRecord>(row.newest, what),
    pinned: row.pinned === null ? null : parseColumn<PinRecord>(row.pinned, what),
  };
}
