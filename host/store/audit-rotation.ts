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

export function createAuditRotation(deps: AuditRotationDeps): AuditRotation {
  return new Rotation(deps);
}

class Rotation implements AuditRotation {
  readonly #deps: AuditRotationDeps;
  readonly #limits: NonNullable<AuditRotationDeps["limits"]>;
  /** The last record that is stored, and the last one that stands in a file. */
  #stored: number;
  #moved: number;
  #running: Promise<void> | null = null;
  /** After a failure: the record at which it is tried again. */
  #retryAt = 0;
  #isStopped = false;

  constructor(deps: AuditRotationDeps) {
    this.#deps = deps;
    this.#limits = deps.limits ?? AUDIT;
    this.#moved = lastMoved(deps.db);
    this.#stored = this.#moved;
  }

  wake(lastSeq: number): void {
    this.#stored = lastSeq;
    if (this.#running !== null || !this.#isFull() || lastSeq < this.#retryAt) return;
    this.#running = this.#rotate().finally(() => {
      this.#running = null;
    });
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#running ?? Promise.resolve();
  }

  #isFull(): boolean {
    return this.#stored - this.#moved > this.#limits.maxRows;
  }

  async #rotate(): Promise<void> {
    try {
      while (this.#isFull() && !this.#isStopped) await this.#moveOldest();
    } catch (error) {
      this.#retryAt = this.#stored + this.#limits.pageRows;
      this.#deps.log.error("older records of the audit could not be moved to a file", { error });
    }
  }

  async #moveOldest(): Promise<void> {
    const { db, folder, clock, log } = this.#deps;
    const [first, last] = [this.#moved + 1, this.#moved + this.#limits.fileRows];
    const name = fileName(first, last);
    await writeOnce(folder, name, pages(db, first, last, this.#limits.pageRows));
    enter(db, { firstSeq: first, lastSeq: last, name, movedAt: clock.now() });
    this.#moved = last;
    log.info("older records of the audit were moved to a file", { name });
  }
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
