/**
 * What plugins keep with the host (`PluginStorage` of host/broker): values by plugin and key.
 *
 * Keys are stored as their UTF-8 bytes, because SQLite's text ends at NUL for some readers. How much a plugin
 * uses is summed once and counted on from there: nobody else writes this table while the host has its lock.
 * Every call is one transaction, so that a kill leaves the old value or the new one.
 */
import { and, eq, gt, gte, lt, type SQL, sql } from "drizzle-orm";
import { pluginStorage } from "#drizzle/sqlite/schema.ts";
import type { Clock } from "#host/base/clock.ts";
import { STORAGE } from "#host/base/limits.ts";
import type { Database } from "./database.ts";

export interface StoredValue {
  readonly format: "json" | "bytes";
  readonly bytes: Uint8Array;
}

export interface PluginStorage {
  get(pluginId: string, key: string): StoredValue | null;
  set(
    pluginId: string,
    key: string,
    value: StoredValue,
    quotaBytes: number,
  ): { readonly fits: boolean; readonly usedBytes: number };
  delete(pluginId: string, key: string): boolean;
  keys(pluginId: string, prefix: string, after: string | null, limit: number): readonly string[];
  /** Deletes all that this plugin keeps. */
  clear(pluginId: string): Promise<void>;
}

export function createPluginStorage(db: Database, clock: Clock): PluginStorage {
  return new CountedStorage(db, clock);
}

class CountedStorage implements PluginStorage {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #queries: ReturnType<typeof prepare>;
  readonly #used = new Map<string, number>();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#queries = prepare(db);
  }

  get(pluginId: string, key: string): StoredValue | null {
    const row = this.#queries.value.get({ pluginId, key: Buffer.from(key) });
    return row === undefined ? null : { format: row.format, bytes: row.value };
  }

  set(pluginId: string, key: string, value: StoredValue, quotaBytes: number) {
    const row = { pluginId, key: Buffer.from(key), format: value.format, value: Buffer.from(value.bytes) };
    const before = this.#usedBy(pluginId);
    const usedBytes = this.#transact(() => {
      const after = before - this.#sizeOf(pluginId, row.key) + sizeOf(row.key.length, row.value.length);
      if (after <= quotaBytes) this.#queries.put.run({ ...row, updatedAt: this.#clock.now() });
      return after;
    });
    const fits = usedBytes <= quotaBytes;
    if (fits) this.#used.set(pluginId, usedBytes);
    return { fits, usedBytes };
  }

  delete(pluginId: string, key: string): boolean {
    const at = { pluginId, key: Buffer.from(key) };
    const before = this.#usedBy(pluginId);
    const freed = this.#transact(() => {
      const size = this.#sizeOf(pluginId, at.key);
      if (size > 0) this.#queries.remove.run(at);
      return size;
    });
    this.#used.set(pluginId, before - freed);
    return freed > 0;
  }

  keys(pluginId: string, prefix: string, after: string | null, limit: number): readonly string[] {
    const { key } = pluginStorage;
    const from = Buffer.from(prefix);
    const end = firstAfter(from);
    const bounds: (SQL | undefined)[] = [
      gte(key, from),
      end === null ? undefined : lt(key, end),
      after === null ? undefined : gt(key, Buffer.from(after)),
    ];
    const rows = this.#db
      .select({ key })
      .from(pluginStorage)
      .where(and(eq(pluginStorage.pluginId, pluginId), ...bounds))
      .orderBy(key)
      .limit(limit);
    return rows.all().map((row) => row.key.toString());
  }

  async clear(pluginId: string): Promise<void> {
    this.#db.delete(pluginStorage).where(eq(pluginStorage.pluginId, pluginId)).run();
    this.#used.delete(pluginId);
  }

  #usedBy(pluginId: string): number {
    const known = this.#used.get(pluginId);
    if (known !== undefined) return known;
    const used = this.#queries.sum.get({ pluginId })?.used ?? 0;
    this.#used.set(pluginId, used);
    return used;
  }

  /** What the entry counts for now; 0 if there is none. */
  #sizeOf(pluginId: string, key: Buffer): number {
    const row = this.#queries.size.get({ pluginId, key });
    return row === undefined ? 0 : sizeOf(key.length, row.bytes);
  }

  #transact<Output>(work: () => Output): Output {
    return this.#db.transaction(work, { behavior: "immediate" });
  }
}

function sizeOf(keyBytes: number, valueBytes: number): number {
  return keyBytes + valueBytes + STORAGE.entryBytes;
}

/** The least text of bytes that is greater than everything that begins with `prefix`; null if there is none. */
function firstAfter(prefix: Buffer): Buffer | null {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return null;
  const end = Buffer.from(prefix.subarray(0, last + 1));
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

function prepare(db: Database) {
  const { pluginId, key, format, value } = pluginStorage;
  const given = (name: string) => sql.placeholder(name);
  const here = and(eq(pluginId, given("pluginId")), eq(key, given("key")));
  const entry = { format: given("format"), value: given("value"), updatedAt: given("updatedAt") };
  const replaced = {
    format: sql`excluded.format`,
    value: sql`excluded.value`,
    updatedAt: sql`excluded.updated_at`,
  };
  const length = sql<number>`length(${value})`;
  const weight = sql<number>`coalesce(sum(length(${key}) + length(${value}) + ${STORAGE.entryBytes}), 0)`;
  return {
    value: db.select({ format, value }).from(pluginStorage).where(here).prepare(),
    size: db.select({ bytes: length }).from(pluginStorage).where(here).prepare(),
    sum: db
      .select({ used: weight })
      .from(pluginStorage)
      .where(eq(pluginId, given("pluginId")))
      .prepare(),
    put: db
      .insert(pluginStorage)
      .values({ pluginId: given("pluginId"), key: given("key"), ...entry })
      .onConflictDoUpdate({ target: [pluginId, key], set: replaced })
      .prepare(),
    remove: db.delete(pluginStorage).where(here).prepare(),
  };
}
