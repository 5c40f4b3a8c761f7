/**
 * The transcript's queries, built and prepared once: they run in every turn.
 *
 * Each is answered from an index: none looks at more rows than it returns, whatever the table's size.
 */
import { and, desc, eq, gt, gte, lt, ne, sql } from "drizzle-orm";
import { messages, sessions } from "#drizzle/sqlite/schema.ts";
import type { Database } from "./database.ts";
import { isCurrent } from "./sessions.ts";

/** The queries of every turn, built and prepared once. */
export function prepareTranscript(db: Database) {
  const $ = sql.placeholder;
  const ofSession = eq(
    messages.session,
    db
      .select({ id: sessions.id })
      .from(sessions)
      .where(eq(sessions.sessionId, $("sessionId"))),
  );
  const isMessage = ne(messages.role, "compactionSummary");
  const ofRun = and(eq(messages.runId, $("runId")), eq(sessions.key, $("key")));
  return {
    current: db
      .select({ id: sessions.id, sessionId: sessions.sessionId, title: sessions.title })
      .from(sessions)
      .where(and(eq(sessions.key, $("key")), isCurrent))
      .prepare(),
    byId: db
      .select({ id: sessions.id, lastSeq: sessions.lastSeq })
      .from(sessions)
      .where(eq(sessions.sessionId, $("sessionId")))
      .prepare(),
    summary: db
      .select({ seq: messages.seq, body: messages.body })
      .from(messages)
      .where(and(ofSession, sql`${messages.role} = 'compactionSummary'`))
      .orderBy(desc(messages.seq))
      .limit(1)
      .prepare(),
    sizes: db
      .select({ seq: messages.seq, chars: messages.chars })
      .from(messages)
      .where(and(ofSession, gt(messages.seq, $("after")), isMessage))
      .orderBy(desc(messages.seq))
      .limit($("limit"))
      .prepare(),
    bodies: db
      .select({ seq: messages.seq, body: messages.body })
      .from(messages)
      .where(and(ofSession, gte(messages.seq, $("from")), isMessage))
      .orderBy(messages.seq)
      .prepare(),
    page: db
      .select({ id: messages.id, seq: messages.seq, runId: messages.runId, body: messages.body })
      .from(messages)
      .where(and(eq(messages.session, $("session")), lt(messages.seq, $("before"))))
      .orderBy(desc(messages.seq))
      .limit($("limit"))
      .prepare(),
    lastAnswer: db
      .select({ body: messages.body })
      .from(messages)
      .innerJoin(sessions, eq(messages.session, sessions.id))
      .where(and(ofRun, eq(messages.role, "assistant")))
      .orderBy(desc(messages.rowId))
      .limit(1)
      .prepare(),
    takenBy: db
      .select({ runId: messages.runId })
      .from(sessions)
      .innerJoin(
        messages,
        and(eq(messages.session, sessions.id), eq(messages.idempotencyKey, $("idempotencyKey"))),
      )
      .where(eq(sessions.key, $("key")))
      .limit(1)
      .prepare(),
    anyOfRun: db
      .select({ seq: messages.seq })
      .from(messages)
      .innerJoin(sessions, eq(messages.session, sessions.id))
      .where(ofRun)
      .limit(1)
      .prepare(),
    insert: db
      .insert(messages)
      .values({
        session: $("session"),
        seq: $("seq"),
        id: $("id"),
        role: $("role"),
        runId: $("runId"),
        idempotencyKey: $("idempotencyKey"),
        createdAt: $("createdAt"),
        chars: $("chars"),
        body: $("body"),
      })
      // The one conflict that can happen is that of the idempotency key.
      .onConflictDoNothing()
      .prepare(),
    count: db
      .update(sessions)
      .set({
        lastSeq: sql`${$("seq")}`,
        messageCount: sql`${sessions.messageCount} + 1`,
        lastPreview: sql`coalesce(${$("preview")}, ${sessions.lastPreview})`,
        inputTokens: sql`${sessions.inputTokens} + ${$("input")}`,
        outputTokens: sql`${sessions.outputTokens} + ${$("output")}`,
        updatedAt: sql`${$("now")}`,
      })
      .where(eq(sessions.id, $("session")))
      .prepare(),
  };
}
