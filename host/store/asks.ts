/**
 * Questions to the owner and how they ended. A question is stored before it is shown; what a restart finds
 * open is ended as a no, because nothing waits for its answer any more.
 */
import { and, eq, sql } from "drizzle-orm";
import { asks } from "#drizzle/sqlite/schema.ts";
import type { Approval, ApprovalDecision } from "#host/base/approval.ts";
import { type Database, parseColumn } from "./database.ts";

/** The owner's word, or what ended the question without it. */
export type AskEnd = ApprovalDecision | "expired" | "cancelled";

export interface Asks {
  insert(approval: Approval): Promise<void>;
  /** Ends a question that is open, at `at` (milliseconds since 1970). One that has ended stays as it is. */
  resolve(id: string, end: AskEnd, at: number): Promise<void>;
  /** Ends everything that is open as `expired`. Called at start. */
  expireAll(at: number): Promise<void>;
  /** Oldest first. */
  open(): Promise<readonly Approval[]>;
  /** How a question ended; `open` if it has not, null if there is none. */
  stateOf(id: string): Promise<AskEnd | "open" | null>;
}

/** Written out, because a bound value would keep SQLite from using the index over open questions. */
const isOpen = sql`${asks.state} = 'open'`;

export function createAsks(db: Database): Asks {
  return {
    async insert(approval) {
      const { id, pluginId, subjectHash, createdAt } = approval;
      db.insert(asks)
        .values({ id, pluginId, subjectHash, createdAt, body: JSON.stringify(approval), state: "open" })
        .run();
    },

    async resolve(id, end, at) {
      db.update(asks)
        .set({ state: end, resolvedAt: at })
        .where(and(eq(asks.id, id), isOpen))
        .run();
    },

    async expireAll(at) {
      db.update(asks).set({ state: "expired", resolvedAt: at }).where(isOpen).run();
    },

    async open() {
      return db
        .select({ id: asks.id, body: asks.body })
        .from(asks)
        .where(isOpen)
        .orderBy(asks.createdAt)
        .all()
        .map((row) => parseColumn<Approval>(row.body, `question "${row.id}"`));
    },

    async stateOf(id) {
      return db.select({ state: asks.state }).from(asks).where(eq(asks.id, id)).get()?.state ?? null;
    },
  };
}
