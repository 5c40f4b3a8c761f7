/**
 * The audit's lines in the order in which the broker chained them. Lines are added and read; nothing here
 * changes or removes one.
 */
import { desc, getTableColumns, gt, sql } from "drizzle-orm";
import { audit } from "#drizzle/sqlite/schema.ts";
import type { AuditRecord } from "#host/base/audit.ts";
import type { EffectKind } from "#host/base/effect.ts";
import type { Database } from "./database.ts";

export interface AuditTrail {
  /** The end of the chain; null for an empty one. */
  last(): Promise<{ readonly seq: number; readonly hash: string } | null>;
  /** All or none. Rejects if a `seq` is there already. */
  append(records: readonly AuditRecord[]): Promise<void>;
  /** At most `limit` records after position `afterSeq`, in order. */
  read(afterSeq: number, limit: number): Promise<readonly AuditRecord[]>;
}

export function createAuditTrail(db: Database): AuditTrail {
  const insert = prepareInsert(db);
  return {
    async last() {
      const end = db
        .select({ seq: audit.seq, hash: audit.hash })
        .from(audit)
        .orderBy(desc(audit.seq))
        .limit(1);
      return end.get() ?? null;
    },

    async append(records) {
      const write = () => {
        for (const record of records) insert.run({ ...record });
      };
      db.transaction(write, { behavior: "immediate" });
    },

    async read(afterSeq, limit) {
      const rows = db.select().from(audit).where(gt(audit.seq, afterSeq)).orderBy(audit.seq).limit(limit);
      return rows.all().map((row) => ({ ...row, kind: row.kind as EffectKind }));
    },
  };
}

/** One row, prepared: a statement for each size of batch would fill the memory with statements. */
function prepareInsert(db: Database) {
  const names = Object.keys(getTableColumns(audit)) as (keyof AuditRecord)[];
  const values = Object.fromEntries(names.map((name) => [name, sql.placeholder(name)]));
  return db
    .insert(audit)
    .values(values as Record<keyof AuditRecord, ReturnType<typeof sql.placeholder>>)
    .prepare();
}
