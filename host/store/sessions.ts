/**
 * The list of conversations, as clients see it (`SessionsPort` of host/gateway). Sessions that were put
 * away by a new start under the same key are not listed; deleting the key deletes them too.
 */
import { and, count, desc, eq, sql } from "drizzle-orm";
import { sessions } from "#drizzle/sqlite/schema.ts";
import type { SessionSummary } from "#host/base/session.ts";
import type { Database } from "./database.ts";

export interface Sessions {
  /** Most recently used first. */
  list(
    limit: number,
    offset: number,
  ): Promise<{ readonly sessions: readonly SessionSummary[]; readonly total: number }>;
  /** Deletes the key's sessions with their messages; false if there was none. */
  delete(sessionKey: string): Promise<boolean>;
  /** Null takes the title away; false if there is no such session. */
  rename(sessionKey: string, title: string | null): Promise<boolean>;
}

/** Written out, because a bound value would keep SQLite from using the indexes over current sessions. */
export const isCurrent = sql`${sessions.current} = 1`;

const SUMMARY = {
  key: sessions.key,
  sessionId: sessions.sessionId,
  agentId: sessions.agentId,
  title: sessions.title,
  lastMessagePreview: sessions.lastPreview,
  messageCount: sessions.messageCount,
  createdAt: sessions.createdAt,
  updatedAt: sessions.updatedAt,
  inputTokens: sessions.inputTokens,
  outputTokens: sessions.outputTokens,
};

/** Answered from the index over current sessions, page by page. */
export function prepareSessions(db: Database) {
  return {
    page: db
      .select(SUMMARY)
      .from(sessions)
      .where(isCurrent)
      .orderBy(desc(sessions.updatedAt), desc(sessions.id))
      .limit(sql.placeholder("limit"))
      .offset(sql.placeholder("offset"))
      .prepare(),
    total: db.select({ total: count() }).from(sessions).where(isCurrent).prepare(),
  };
}

export function createSessions(db: Database): Sessions {
  const queries = prepareSessions(db);
  return {
    async list(limit, offset) {
      return { sessions: queries.page.all({ limit, offset }), total: queries.total.get()?.total ?? 0 };
    },

    async delete(sessionKey) {
      const { changes } = db.delete(sessions).where(eq(sessions.key, sessionKey)).run();
      return Number(changes) > 0;
    },

    async rename(sessionKey, title) {
      const { changes } = db
        .update(sessions)
        .set({ title })
        .where(and(eq(sessions.key, sessionKey), isCurrent))
        .run();
      return Number(changes) > 0;
    },
  };
}
