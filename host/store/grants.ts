/**
 * The owner's answers to plugins' requests for rights (`GrantRecords` of host/registry): one for each plugin
 * and exact request. An answer to another request of the same plugin is another answer.
 */
import { eq } from "drizzle-orm";
import { grants } from "#drizzle/sqlite/schema.ts";
import type { JsonObject } from "#host/base/json.ts";
import { type Database, parseColumn } from "./database.ts";

export interface GrantRecord {
  readonly pluginId: string;
  /** SHA-256 (hex) of exactly what was asked. */
  readonly requestHash: string;
  readonly decision: "granted" | "denied";
  /** The `permissions` block that was answered. */
  readonly permissions: JsonObject;
  /** Milliseconds since 1970. */
  readonly decidedAt: number;
}

export interface GrantRecords {
  list(): Promise<readonly GrantRecord[]>;
  /** Replaces the answer to the same request. */
  save(grant: GrantRecord): Promise<void>;
  /** Forgets every answer about this plugin. */
  removeAll(pluginId: string): Promise<void>;
}

export function createGrantRecords(db: Database): GrantRecords {
  return {
    async list() {
      return db
        .select()
        .from(grants)
        .orderBy(grants.pluginId, grants.decidedAt)
        .all()
        .map((row) => ({
          ...row,
          permissions: parseColumn<JsonObject>(row.permissions, `a grant of plugin "${row.pluginId}"`),
        }));
    },

    async save(grant) {
      const row = { ...grant, permissions: JSON.stringify(grant.permissions) };
      db.insert(grants)
        .values(row)
        .onConflictDoUpdate({ target: [grants.pluginId, grants.requestHash], set: row })
        .run();
    },

    async removeAll(pluginId) {
      db.delete(grants).where(eq(grants.pluginId, pluginId)).run();
    },
  };
}
