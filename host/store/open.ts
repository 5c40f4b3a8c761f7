/**
 * Opens the embedded store: one SQLite file that one gateway uses at a time.
 *
 * Guarantees that what was committed survives a kill (WAL, synchronous=FULL), that the tables are those of
 * this version, and that a file left by a crash was looked at before it is used. Refuses a folder that
 * another gateway uses, a damaged file and one that a newer version has written; the file stays as it is.
 */
import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TablesRelationalConfig } from "drizzle-orm/relations";
import { BetterSQLiteSession } from "drizzle-orm/better-sqlite3/session";
import { BaseSQLiteDatabase, SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { SqliteClient } from "./client.ts";
import type { Database } from "./database.ts";
import { asStoreError, damaged } from "./failure.ts";
import { type Lock, takeLock } from "./lock.ts";
import { type ApplyMigrations, migrate } from "./migrate.ts";

/** A lock is held for microseconds; who waits longer meets a program that keeps it. */
const BUSY_TIMEOUT_MS = 250;
const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite/migrations", import.meta.url));

export interface StoreOptions {
  /** The database file; its folder exists. */
  readonly path: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Shown to whoever finds the folder locked. */
  readonly processId: number;
  /** Folder of generated migrations; another one in tests only. */
  readonly migrations?: string;
}

export interface Store {
  readonly path: string;
  readonly db: Database;
  /** Folds the log into the file and lets go of the lock. */
  close(): void;
}

/** Rejects with a HostError: `store.busy`, `store.damaged`, `store.newer` or `state.unwritable`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const lockPath = `${options.path}.lock`;
  makeFile(lockPath);
  makeFile(options.path);
  const lock = takeLock(lockPath, options.processId);
  try {
    return await openLocked(options, lock);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

async function openLocked(options: StoreOptions, lock: Lock): Promise<Store> {
  const started = options.clock.monotonic();
  const crashed = leftByCrash(options.path);
  const client = new SqliteClient(options.path, BUSY_TIMEOUT_MS);
  try {
    client.exec("pragma journal_mode = wal; pragma synchronous = full");
    // Reading works beside a writer that never ends; what could not be written would show too late.
    client.exec("begin immediate; rollback");
    if (crashed) check(client);
    const { db, apply } = overDrizzle(client);
    const applied = await migrate(client, options.migrations ?? MIGRATIONS, apply);
    client.exec("pragma foreign_keys = on");
    const ms = Math.round(options.clock.monotonic() - started);
    options.log.debug("store opened", { path: options.path, applied, checked: crashed, ms });
    return { path: options.path, db, close: () => closeAll(client, lock) };
  } catch (thrown) {
    client.close();
    throw asStoreError(thrown, options.path);
  }
}

/** SQLite would make the file readable for everyone; it holds conversations. */
function makeFile(path: string): void {
  // Never open a file that exists: closing it again would drop this process's locks on it (POSIX).
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return;
    const rule = cause instanceof Error ? cause.message : String(cause);
    throw new HostError("state.unwritable", `Cannot create "${path}": ${rule}`, {
      fix: "Make the folder writable for the user who runs the gateway, or name another with OPENCLAW_STATE_DIR",
      cause,
    });
  }
}

/** The log is folded into the file by a clean end and then deleted: a log that is there was left behind. */
function leftByCrash(path: string): boolean {
  const stat = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return stat !== undefined && stat.size > 0;
}

function check(client: SqliteClient): void {
  const [row] = client.prepare("pragma quick_check(1)").raw().all();
  const answer = Array.isArray(row) ? String(row[0]) : "no answer";
  if (answer !== "ok") throw damaged(client.path, answer);
}

function overDrizzle(client: SqliteClient): { readonly db: Database; readonly apply: ApplyMigrations } {
  const dialect = new SQLiteSyncDialect();
  // The session's types name better-sqlite3's Database; what it calls of it is what SqliteClient has.
  const session = new BetterSQLiteSession<Record<string, unknown>, TablesRelationalConfig>(
    client as unknown as ConstructorParameters<typeof BetterSQLiteSession>[0],
    dialect,
    undefined,
  );
  const apply = async (folder: string) => {
    const { readMigrationFiles } = await import("drizzle-orm/migrator");
    dialect.migrate(readMigrationFiles({ migrationsFolder: folder }), session);
  };
  return { db: new BaseSQLiteDatabase("sync", dialect, session, undefined), apply };
}

function closeAll(client: SqliteClient, lock: Lock): void {
  try {
    client.close();
  } finally {
    lock.release();
  }
}
