/**
 * The audit's lines in the order in which the broker chained them: the newest in the database, older ones in
 * files.
 *
 * Lines are added and read. The database itself refuses to change one, to leave one out and to delete one that
 * does not stand in a file; `guards` tells whether it still does.
 */
import { and, desc, eq, getTableColumns, gt, inArray, sql } from "drizzle-orm";
import { audit, auditFiles, auditHead } from "#drizzle/sqlite/schema.ts";
import type { AuditLink, AuditPart, AuditQuery, AuditRecord } from "#host/base/audit.ts";
import type { EffectKind } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import { readLines } from "./audit-file.ts";
import type { AuditRotation } from "./audit-rotation.ts";
import type { Database } from "./database.ts";

export interface AuditTrail {
  /** The end of the chain; null for an empty one. */
  last(): Promise<AuditLink | null>;
  /** All or none. Rejects if the first of them does not follow the last one. */
  append(records: readonly AuditRecord[]): Promise<void>;
  /** Of those in the database, the newest first. */
  newest(query: AuditQuery): Promise<readonly AuditRecord[]>;
  /** What follows position `after`, at most `limit` records unless it is a file. */
  next(after: number, limit: number): Promise<AuditPart>;
  /** The rules of the database that are missing; none if nobody took them away. */
  missingGuards(): Promise<readonly string[]>;
}

/** The triggers of the migrations. */
const GUARDS = [
  "audit_no_update",
  "audit_no_delete",
  "audit_only_append",
  "audit_moves_head",
  "audit_head_follows",
  "audit_head_stays",
  "audit_one_head",
  "audit_files_in_order",
  "audit_files_no_update",
  "audit_files_no_delete",
] as const;

/** `folder` is where the rotation puts its files. */
export function createAuditTrail(
  db: Database,
  folder: string,
  rotation: Pick<AuditRotation, "wake">,
): AuditTrail {
  const insert = prepareInsert(db);
  const head = (): AuditLink => {
    const row = db.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead).get();
    if (row === undefined) throw new HostError("store.damaged", "Cannot use the audit: its head is missing");
    return row;
  };

  return {
    async last() {
      const link = head();
      return link.seq === 0 ? null : link;
    },

    async append(records) {
      const write = () => {
        for (const record of records) insert.run({ ...record });
      };
      db.transaction(write, { behavior: "immediate" });
      const last = records.at(-1);
      if (last !== undefined) rotation.wake(last.seq);
    },

    async newest({ plugin, deniedOnly, limit }) {
      const wanted = and(
        plugin === null ? undefined : eq(audit.plugin, plugin),
        deniedOnly ? inArray(audit.decision, ["denied", "asked-denied"]) : undefined,
      );
      // Without an index: the table is bounded by the rotation, and every record would pay for one.
      return db.select().from(audit).where(wanted).orderBy(desc(audit.seq)).limit(limit).all().map(fromRow);
    },

    async next(after, limit) {
      const file = db
        .select()
        .from(auditFiles)
        .where(eq(auditFiles.firstSeq, after + 1))
        .get();
      if (file !== undefined) {
        const { name, lastSeq: seq, lastHash: hash } = file;
        return { kind: "file", name, last: { seq, hash }, lines: readLines(folder, name) };
      }
      const rows = db.select().from(audit).where(gt(audit.seq, after)).orderBy(audit.seq).limit(limit).all();
      return rows.length > 0 ? { kind: "rows", records: rows.map(fromRow) } : { kind: "end", head: head() };
    },

    async missingGuards() {
      const there = db.all<{ name: string }>(sql`select name from sqlite_master where type = 'trigger'`);
      const names = new Set(there.map(({ name }) => name));
      return GUARDS.filter((name) => !names.has(name));
    },
  };
}

/** Only this room writes the table, so a kind is what it was when it was written. */
function fromRow(row: typeof audit.$inferSelect): AuditRecord {
  return { ...row, kind: row.kind as EffectKind };
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
