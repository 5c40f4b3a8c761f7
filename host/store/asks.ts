/**
 * Questions to the owner and how they ended. A question is stored before it is shown; what a restart finds
 * open is ended as a no, because nothing waits for its answer any more.
 */
import { and, eq, sql } from "drizzle-orm";
import { asks } from "#drizzle/sqlite/schema.ts";
import type { Approval, ApprovalDecision } from "#host/base/approval.ts";
import type { Clock } from "#host/base/clock.ts";
import { type Database, parseColumn } from "./database.ts";

/** The owner's word, or what ended the question without it. */
export type AskEnd = ApprovalDecision | "expired" | "cancelled";

export interface Asks {
  insert(approval: Approval): Promise<void>;
  /** False if the question is not open. A question ends once. */
  resolve(id: string, end: AskEnd): Promise<boolean>;
  /** Ends everything that is open as `expired`; answers how many there were. Called at start. */
  expireAll(): Promise<number>;
  /** Oldest first. */
  open(): Promise<readonly Approval[]>;
}

/** Written out, because a bound value would keep SQLite from using the index over open questions. */
const isOpen = sql`${asks.state} = 'open'`;

export function createAsks(db: Database, clock: Clock): Asks {
  const end = (state: AskEnd) => db.update(asks).set({ state, resolvedAt: clock.now() });
  return {
    async insert(approval) {
      const { id, pluginId, subjectHash, createdAt } = approval;
      db.insert(asks)
        .values({ id, pluginId, subjectHash, createdAt, body: JSON.stringify(approval), state: "open" })
        .run();
    },

    async resolve(id, state) {
      const { changes } = end(state)
        .where(and(eq(asks.id, id), isOpen))
        .run();
      return Number(changes) > 0;
    },

    async expireAll() {
      return Number(end("expired").where(isOpen).run().changes);
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
  };
}
