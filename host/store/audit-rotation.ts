/**
 * Rotation: when the audit's table is full, its oldest records go to a file.
 *
 * The file is on the disk before the database forgets its records, and both sides hold the hash that joins
 * them, so the chain spans files. A crash in between leaves the records in both, and the next rotation finds the
 * file. What fails is said in the log and tried again with a later record; the records stay where they are.
 */
import { and, count, eq, gt, lte, max } from "drizzle-orm";
import { audit, auditFiles } from "#drizzle/sqlite/schema.ts";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { AUDIT } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import { fileName, writeOnce } from "./audit-file.ts";
import type { Database } from "./database.ts";

export interface AuditRotation {
  /** Records up to this one are stored. Costs nothing while there is room. */
  wake(lastSeq: number): void;
  /** Starts no other file. Resolves when the one under way is written. */
  stop(): Promise<void>;
}

export interface AuditRotationDeps {
  readonly db: Database;
  /** Made when it is needed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: { readonly [Name in keyof typeof AUDIT]: number };
}

export function createAuditRotation({
  db,
  folder,
  clock,
  log,
  limits = AUDIT,
}: AuditRotationDeps): AuditRotation {
  let moved = lastMoved(db);
  let stored = moved;
  let running: Promise<void> | null = null;
  let retryAt = 0;
  let isStopped = false;

  async function rotate(): Promise<void> {
    try {
      while (stored - moved > limits.maxRows && !isStopped) moved = await moveOldest();
    } catch (error) {
      retryAt = stored + limits.pageRows;
      log.error("older records of the audit could not be moved to a file", { error });
    }
  }

  async function moveOldest(): Promise<number> {
    const [first, last] = [moved + 1, moved + limits.fileRows];
    const name = fileName(first, last);
    await writeOnce(folder, name, pages(db, first, last, limits.pageRows));
    enter(db, { firstSeq: first, lastSeq: last, name, movedAt: clock.now() });
    log.info("older records of the audit were moved to a file", { name });
    return last;
  }

  return {
    wake(lastSeq) {
      stored = lastSeq;
      if (running !== null || stored - moved <= limits.maxRows || stored < retryAt) return;
      running = rotate().finally(() => {
        running = null;
      });
    },
    stop() {
      isStopped = true;
      return running ?? Promise.resolve();
    },
  };
}

function lastMoved(db: Database): number {
  return (
    db
      .select({ seq: max(auditFiles.lastSeq) })
      .from(auditFiles)
      .get()?.seq ?? 0
  );
}

/** Lines of JSON, a page at a time, so that other work goes on in between. */
async function* pages(
  db: Database,
  first: number,
  last: number,
  pageRows: number,
): AsyncGenerator<string, void, undefined> {
  for (let after = first - 1; after < last;) {
    const rows = db
      .select()
      .from(audit)
      .where(and(gt(audit.seq, after), lte(audit.seq, last)))
      .orderBy(audit.seq)
      .limit(pageRows)
      .all();
    const end = rows.at(-1);
    if (end === undefined) throw incomplete(after + 1);
    yield rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    after = end.seq;
  }
}

/** The database refuses to delete what no entry covers, and an entry that does not end in a record. */
function enter(db: Database, file: Omit<typeof auditFiles.$inferSelect, "lastHash">): void {
  db.transaction(
    () => {
      const within = and(gt(audit.seq, file.firstSeq - 1), lte(audit.seq, file.lastSeq));
      const end = db.select({ hash: audit.hash }).from(audit).where(eq(audit.seq, file.lastSeq)).get();
      const rows = db.select({ rows: count() }).from(audit).where(within).get()?.rows;
      if (end === undefined || rows !== file.lastSeq - file.firstSeq + 1) throw incomplete(file.lastSeq);
      db.insert(auditFiles)
        .values({ ...file, lastHash: end.hash })
        .run();
      db.delete(audit).where(within).run();
    },
    { behavior: "immediate" },
  );
}

/** Somebody has taken records away: what is left stays in the database, and `audit verify` names the place. */
function incomplete(seq: number): HostError {
  return new HostError("store.damaged", `Cannot move older records of the audit: record ${seq} is missing`, {
    fix: 'Run "openclaw audit verify"',
  });
}
