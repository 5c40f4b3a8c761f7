/** Messages that wait for their turn (`WaitingMessages` of host/base): few rows, each there for as long as it waits. */
import { and, eq } from "drizzle-orm";
import { waitingMessages } from "#drizzle/sqlite/schema.ts";
import type { Clock } from "#host/base/clock.ts";
import type { WaitingMessages } from "#host/base/waiting.ts";
import type { Database } from "./database.ts";

export function createWaitingMessages(db: Database, clock: Clock): WaitingMessages {
  return {
    async keep(message) {
      db.insert(waitingMessages)
        .values({ ...message, createdAt: clock.now() })
        .onConflictDoNothing()
        .run();
    },
    async drop(sessionKey, runId) {
      db.delete(waitingMessages)
        .where(and(eq(waitingMessages.sessionKey, sessionKey), eq(waitingMessages.runId, runId)))
        .run();
    },
    async all() {
      return db
        .select({
          sessionKey: waitingMessages.sessionKey,
          runId: waitingMessages.runId,
          message: waitingMessages.message,
          mode: waitingMessages.mode,
        })
        .from(waitingMessages)
        .orderBy(waitingMessages.id)
        .all();
    },
  };
}
