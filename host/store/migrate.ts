/**
 * Brings the tables to this version: the generated migrations that the file has not seen, in one transaction.
 *
 * Refuses a file that a newer version has written: its tables may mean something else by now. A file that
 * is up to date costs one small read and one query; drizzle's migrator is loaded only when there is work.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import type { SqliteClient } from "./client.ts";

/** Drizzle's own table of what was applied; `created_at` is the migration's `when`. */
const APPLIED = "__drizzle_migrations";

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[];
}

/** Runs the migrations that `readMigrationFiles` finds. Compose it from drizzle's dialect and session. */
export type ApplyMigrations = (folder: string) => Promise<void>;

/** Answers how many migrations were applied. Throws a HostError `store.newer`. */
export async function migrate(client: SqliteClient, folder: string, apply: ApplyMigrations): Promise<number> {
  const last = lastApplied(client);
  const { entries } = JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")) as Journal;
  const newest = entries.at(-1)?.when ?? 0;
  if (last > newest) throw writtenByNewer(client.path);
  const pending = entries.filter((entry) => entry.when > last).length;
  if (pending > 0) await apply(folder);
  return pending;
}

/** Milliseconds since 1970; 0 for a new file. */
function lastApplied(client: SqliteClient): number {
  const exists = client.prepare("select 1 from sqlite_master where name = ?").get(APPLIED) !== undefined;
  if (!exists) return 0;
  const row = client.prepare(`select max(created_at) from ${APPLIED}`).raw().get();
  return Array.isArray(row) ? Number(row[0]) : 0;
}

function writtenByNewer(path: string): HostError {
  return new HostError("store.newer", `Cannot use "${path}": a newer version of openclaw has written it`, {
    fix: "Start that version or a later one, or restore a backup from before the update",
  });
}
