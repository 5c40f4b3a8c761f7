/**
 * What repositories are made over: drizzle's query builder for the embedded database.
 *
 * Queries are synchronous, so a transaction's body is a plain function that nothing interrupts.
 */
import type { TablesRelationalConfig } from "drizzle-orm/relations";
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import { HostError } from "#host/base/errors.ts";
import type { RunResult } from "./client.ts";

export type Database = BaseSQLiteDatabase<"sync", RunResult, Record<string, unknown>, TablesRelationalConfig>;

/**
 * A JSON column as the type that was written to it. `what` names the row, for example `message 4 of
 * "agent:main:main"`. Only this room writes these columns, so text that does not parse is damage.
 */
export function parseColumn<Value>(text: string, what: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    // Without the parser's words as the cause: they quote the row.
    throw new HostError("store.damaged", `Cannot read ${what}: its stored JSON is broken`, {
      fix: "Restore the database from a backup, or delete what holds this entry",
    });
  }
}
