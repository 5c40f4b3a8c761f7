/**
 * The list of conversations, as clients see it (`SessionsPort` of host/gateway). Sessions that were put
 * away by a new start under the same key are not listed; deleting the key deletes them too.
 */
import { and, count, desc, eq, sql } from "drizzle-orm";
import { sessions, sessionSettings } from "#drizzle/sqlite/schema.ts";
import { NO_SETTINGS, type SessionChoices, type SessionSummary } from "#host/base/session.ts";
import { parseThinkingLevel, type ThinkingLevel } from "#host/base/thinking.ts";
import type { Database } from "./database.ts";

export interface Sessions extends SessionChoices {
  /** Most recently used first. */
  list(
    limit: number,
    offset: number,
  ): Promise<{ readonly sessions: readonly SessionSummary[]; readonly total: number }>;
  /** Deletes the key's sessions with their messages; false if there was none. */
  delete(sessionKey: string): Promise<boolean>;
  /** Null takes the title away; false if there is no such session. */
  rename(sessionKey: string, title: string | null): Promise<boolean>;
  /** Whether there is a session of this key. */
  has(sessionKey: string): Promise<boolean>;
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
  model: sessionSettings.model,
  thinking: sessionSettings.thinking,
};

/** Answered from the index over current sessions, page by page. */
export function prepareSessions(db: Database) {
  return {
    page: db
      .select(SUMMARY)
      .from(sessions)
      .leftJoin(sessionSettings, eq(sessionSettings.key, sessions.key))
      .where(isCurrent)
      .orderBy(desc(sessions.updatedAt), desc(sessions.id))
      .limit(sql.placeholder("limit"))
      .offset(sql.placeholder("offset"))
      .prepare(),
    has: db
      .select({ key: sessions.key })
      .from(sessions)
      .where(and(eq(sessions.key, sql.placeholder("key")), isCurrent))
      .prepare(),
    settings: db
      .select()
      .from(sessionSettings)
      .where(eq(sessionSettings.key, sql.placeholder("key")))
      .prepare(),
    total: db.select({ total: count() }).from(sessions).where(isCurrent).prepare(),
  };
}

/** A level that this version does not know is none. */
function levelOf(written: string | null): ThinkingLevel | null {
  return written === null ? null : parseThinkingLevel(written);
}

export function createSessions(db: Database): Sessions {
  const queries = prepareSessions(db);
  return {
    async list(limit, offset) {
      const rows = queries.page.all({ limit, offset });
      return {
        sessions: rows.map((row) => ({ ...row, thinking: levelOf(row.thinking) })),
        total: queries.total.get()?.total ?? 0,
      };
    },

    async delete(sessionKey) {
      return db.transaction(() => {
        db.delete(sessionSettings).where(eq(sessionSettings.key, sessionKey)).run();
        const { changes } = db.delete(sessions).where(eq(sessions.key, sessionKey)).run();
        return Number(changes) > 0;
      });
    },

    async rename(sessionKey, title) {
      const { changes } = db
        .update(sessions)
        .set({ title })
        .where(and(eq(sessions.key, sessionKey), isCurrent))
        .run();
      return Number(changes) > 0;
    },

    has: async (key) => queries.has.get({ key }) !== undefined,

    settingsOf(key) {
      const row = queries.settings.get({ key });
      return row === undefined ? NO_SETTINGS : { model: row.model, thinking: levelOf(row.thinking) };
    },

    choose(key, change) {
      db.insert(sessionSettings)
        .values({ key, ...change })
        .onConflictDoUpdate({ target: sessionSettings.key, set: { key, ...change } })
        .run();
    },
  };
}
