/**
 * Messages of sessions, in order: what a turn loads, appends and asks about (`Transcript` of host/base).
 *
 * An append is one transaction that also keeps the session's counters, and it is on the disk when it
 * resolves. Every read costs the same however long the session is and however many others there are.
 */
import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { sessions } from "#drizzle/sqlite/schema.ts";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { Message, StoredMessage, SummaryMessage } from "#host/base/message.ts";
import type { StoredRun, Transcript } from "#host/base/transcript.ts";
import { type Database, parseColumn } from "./database.ts";
import { firstThatFits, messageRow, previewOf } from "./message-row.ts";
import { isCurrent } from "./sessions.ts";
import { prepareTranscript } from "./transcript-queries.ts";

export function createTranscript(db: Database, clock: Clock): Transcript {
  const queries = prepareTranscript(db);
  const stateOfRun = (key: string, runId: string): StoredRun => {
    const last = queries.lastAnswer.get({ key, runId });
    if (last === undefined) return queries.anyOfRun.get({ key, runId }) === undefined ? "none" : "unanswered";
    const message = parseColumn<Message>(last.body, `the answer of run "${runId}"`);
    return message.role === "assistant" && message.stopReason !== "toolUse" ? "answered" : "unanswered";
  };
  return {
    async open(key, agentId) {
      const current = queries.current.get({ key });
      return { sessionId: current?.sessionId ?? makeSession(db, clock, { key, agentId, title: null }) };
    },

    async startNew(key, agentId) {
      const sessionId = db.transaction(
        (tx) => {
          const title = queries.current.get({ key })?.title ?? null;
          tx.update(sessions)
            .set({ current: false })
            .where(and(eq(sessions.key, key), isCurrent))
            .run();
          return makeSession(tx, clock, { key, agentId, title });
        },
        { behavior: "immediate" },
      );
      return { sessionId };
    },

    async recent(sessionId, limits) {
      const newest = queries.summary.get({ sessionId });
      const named = (seq: number) => `message ${seq} of session "${sessionId}"`;
      const summary =
        newest === undefined ? null : parseColumn<SummaryMessage>(newest.body, named(newest.seq));
      const sizes = queries.sizes.all({ sessionId, after: summary?.upTo ?? 0, limit: limits.messages });
      const from = firstThatFits(sizes, limits.chars);
      const rows = from === null ? [] : queries.bodies.all({ sessionId, from });
      const messages = rows.map(({ seq, body }) => ({
        seq,
        message: parseColumn<Message>(body, named(seq)),
      }));
      return { summary, messages };
    },

    async append(sessionId, message, to) {
      return db.transaction(
        () => {
          const session = queries.byId.get({ sessionId });
          if (session === undefined) throw noSession(sessionId);
          const seq = session.lastSeq + 1;
          const id = randomUUID();
          const now = clock.now();
          const row = messageRow({ session: session.id, seq, id, runId: to.runId, now }, message);
          if (Number(queries.insert.run(row).changes) === 0) throw sameKey(sessionId, row.idempotencyKey);
          queries.count.run({
            session: session.id,
            seq,
            now,
            preview: previewOf(message),
            input: to.usage?.input ?? 0,
            output: to.usage?.output ?? 0,
          });
          return { id, seq };
        },
        { behavior: "immediate" },
      );
    },

    async findRun(key, runId) {
      const own = stateOfRun(key, runId);
      if (own !== "none") return own;
      // Another run may have taken its message along.
      const carrier = queries.takenBy.get({ key, idempotencyKey: runId })?.runId;
      return carrier === undefined ? "none" : stateOfRun(key, carrier);
    },

    async page(key, limit, beforeSeq) {
      const session = queries.current.get({ key });
      if (session === undefined) return { sessionKey: key, sessionId: null, messages: [], hasMore: false };
      const before = beforeSeq ?? Number.MAX_SAFE_INTEGER;
      const rows = queries.page.all({ session: session.id, before, limit: limit + 1 });
      const shown = rows.slice(0, limit).reverse();
      return {
        sessionKey: key,
        sessionId: session.sessionId,
        messages: shown.map(({ body, ...row }) => ({
          ...row,
          message: parseColumn<StoredMessage>(body, `message ${row.seq} of "${key}"`),
        })),
        hasMore: rows.length > limit,
      };
    },
  };
}

interface NewSession {
  readonly key: string;
  readonly agentId: string;
  readonly title: string | null;
}

function makeSession(db: Pick<Database, "insert">, clock: Clock, session: NewSession): string {
  const sessionId = randomUUID();
  const now = clock.now();
  const counters = { lastSeq: 0, messageCount: 0, inputTokens: 0, outputTokens: 0 };
  db.insert(sessions)
    .values({ ...session, ...counters, sessionId, current: true, createdAt: now, updatedAt: now })
    .run();
  return sessionId;
}

function noSession(sessionId: string): HostError {
  return new HostError("request.invalid", `Cannot store a message: there is no session "${sessionId}"`);
}

function sameKey(sessionId: string, key: string | null): HostError {
  return new HostError(
    "request.invalid",
    `Cannot store a message: session "${sessionId}" already has one with the idempotency key "${key}"`,
  );
}
