import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { HostError } from "#host/base/errors.ts";
import type { AssistantMessage, Message, StoredMessage, UserMessage } from "#host/base/message.ts";
import type { Transcript } from "#host/base/transcript.ts";
import { createSessions, prepareSessions } from "./sessions.ts";
import { temporaryStore, tickingClock } from "./temporary-store.fixture.ts";
import { createTranscript } from "./transcript.ts";
import { prepareTranscript } from "./transcript-queries.ts";

const KEY = "agent:main:main";
const PLENTY = { messages: 1_000, chars: 1_000_000 };

async function recentOf(transcript: Transcript, sessionId: string, limits = PLENTY): Promise<Message[]> {
  return (await transcript.recent(sessionId, limits)).messages.map(({ message }) => message);
}

function said(content: string, idempotencyKey?: string): UserMessage {
  return { role: "user", content, timestamp: 1, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
}

function answered(text: string, stopReason: AssistantMessage["stopReason"] = "stop"): AssistantMessage {
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    stopReason,
    api: "demo",
    provider: "demo",
    model: "demo",
    usage: { input: 7, output: 3, totalTokens: 10 },
    timestamp: 2,
  };
}

async function isRefused(attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => error instanceof HostError && error.code === "request.invalid");
}

test("a key has one session until it is started anew", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const first = await transcript.open(KEY, "main");
  assert.deepEqual(await transcript.open(KEY, "main"), first);
  const second = await transcript.startNew(KEY, "main");
  assert.notEqual(second.sessionId, first.sessionId);
  assert.deepEqual(await transcript.open(KEY, "main"), second);
});

test("a message comes back as it was stored, NUL, lone surrogate and emoji included", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const { sessionId } = await transcript.open(KEY, "main");
  const messages: Message[] = [
    said("zero \0 half \ud800 whole 🦞"),
    answered(""),
    {
      role: "toolResult",
      toolCallId: "c1",
      toolName: "read",
      content: [{ type: "image", data: "AA==", mimeType: "image/png" }],
      isError: false,
      timestamp: 3,
    },
  ];
  for (const message of messages) await transcript.append(sessionId, message, { runId: "run" });
  assert.deepEqual(await recentOf(transcript, sessionId), messages);
});

test("positions count from 1 in each session and ids are unique", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const a = await transcript.open(KEY, "main");
  const b = await transcript.open("agent:main:other", "main");
  const appended = [];
  for (const { sessionId } of [a, a, b]) {
    appended.push(await transcript.append(sessionId, said("hi"), { runId: "run" }));
  }
  assert.deepEqual(
    appended.map(({ seq }) => seq),
    [1, 2, 1],
  );
  assert.equal(new Set(appended.map(({ id }) => id)).size, 3);
});

test("an idempotency key is taken once in a session, and a refused message leaves no trace", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const { sessionId } = await transcript.open(KEY, "main");
  const other = await transcript.open("agent:main:other", "main");
  await transcript.append(sessionId, said("once", "k"), { runId: "k" });
  await isRefused(transcript.append(sessionId, said("twice", "k"), { runId: "k" }));
  await transcript.append(other.sessionId, said("elsewhere", "k"), { runId: "k" });
  assert.deepEqual(
    await transcript.append(sessionId, said("next", "l"), { runId: "l" }).then((a) => a.seq),
    2,
  );
  assert.deepEqual(await recentOf(transcript, sessionId), [said("once", "k"), said("next", "l")]);
});

test("a session that does not exist takes no message", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  await isRefused(transcript.append("nobody", said("hi"), { runId: "run" }));
  assert.deepEqual(await recentOf(transcript, "nobody"), []);
  const page = await transcript.page("agent:main:nobody", 10, null);
  assert.deepEqual(page, { sessionKey: "agent:main:nobody", sessionId: null, messages: [], hasMore: false });
});

test("the newest messages are loaded up to a number or a length, and one at least", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const { sessionId } = await transcript.open(KEY, "main");
  for (const text of ["one", "two", "six"]) await transcript.append(sessionId, said(text), { runId: text });
  const length = JSON.stringify(said("one")).length;
  const recent = async (messages: number, chars: number) =>
    (await recentOf(transcript, sessionId, { messages, chars })).map(({ content }) => content);
  assert.deepEqual(await recent(2, 10_000), ["two", "six"]);
  assert.deepEqual(await recent(3, 2 * length), ["two", "six"]);
  assert.deepEqual(await recent(3, 2 * length - 1), ["six"]);
  assert.deepEqual(await recent(3, 1), ["six"]);
  assert.deepEqual(await recent(3, 3 * length), ["one", "two", "six"]);
});

test("a run is answered once its newest assistant message ended it", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const { sessionId } = await transcript.open(KEY, "main");
  const append = (message: Message) => transcript.append(sessionId, message, { runId: "run" });
  assert.equal(await transcript.findRun(KEY, "run"), "none");
  await append(said("hi", "run"));
  assert.equal(await transcript.findRun(KEY, "run"), "unanswered");
  await append(answered("wait", "toolUse"));
  assert.equal(await transcript.findRun(KEY, "run"), "unanswered");
  await append(answered("stopped", "aborted"));
  assert.equal(await transcript.findRun(KEY, "run"), "answered");
  assert.equal(await transcript.findRun("agent:main:other", "run"), "none");
  await transcript.startNew(KEY, "main");
  assert.equal(await transcript.findRun(KEY, "run"), "answered");
});

test("an append counts its message and tokens and shows its text in the list", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const sessions = createSessions(store.db);
  const { sessionId } = await transcript.open(KEY, "main");
  await transcript.append(sessionId, said("  what is\n\nthe time? "), { runId: "run" });
  const usage = { input: 7, output: 3, totalTokens: 10 };
  await transcript.append(sessionId, answered("noon"), { runId: "run", usage });
  await transcript.append(sessionId, answered(""), { runId: "run", usage });
  const [session] = (await sessions.list(10, 0)).sessions;
  assert.partialDeepStrictEqual(session, {
    key: KEY,
    sessionId,
    messageCount: 3,
    inputTokens: 14,
    outputTokens: 6,
    lastMessagePreview: "noon",
  });
});

test("pages and windows agree with a plain list of what was appended", async () => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant("say" as const), key: fc.nat(2), text: fc.string() }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("new" as const), key: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), key: fc.nat(2) }) },
  );
  await using store = await temporaryStore();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      async (steps, limit) => {
        const transcript = createTranscript(store.db, tickingClock());
        const sessions = createSessions(store.db);
        const prefix = `agent:main:${++run}-`;
        const model = new Map<string, string[]>();
        for (const { key: number, ...action } of steps) {
          const key = `${prefix}${number}`;
          if (action.do === "new") model.set(key, []);
          if (action.do === "new") await transcript.startNew(key, "main");
          if (action.do === "delete") assert.equal(await sessions.delete(key), model.delete(key));
          if (action.do !== "say") continue;
          const { sessionId } = await transcript.open(key, "main");
          await transcript.append(sessionId, said(action.text), { runId: "run" });
          model.set(key, [...(model.get(key) ?? []), action.text]);
        }
        for (const [key, texts] of model) {
          const { sessionId } = await transcript.open(key, "main");
          const recent = await recentOf(transcript, sessionId, { messages: limit, chars: 1_000_000 });
          assert.deepEqual(
            recent,
            texts.slice(-limit).map((text) => said(text)),
          );
          assert.deepEqual(await readBackwards(transcript, key, limit), texts);
        }
      },
    ),
    { numRuns: 40 },
  );
});

async function readBackwards(transcript: ReturnType<typeof createTranscript>, key: string, limit: number) {
  const texts: unknown[] = [];
  let before: number | null = null;
  for (;;) {
    const page = await transcript.page(key, limit, before);
    texts.unshift(...page.messages.map(({ message }) => message.content));
    if (!page.hasMore) return texts;
    before = page.messages[0]?.seq ?? null;
  }
}

test("no query of a turn or a list looks at more rows than it needs", async () => {
  await using store = await temporaryStore();
  const queries = Object.entries({ ...prepareTranscript(store.db), ...prepareSessions(store.db) });
  assert.ok(queries.length >= 10);
  for (const [name, query] of queries) {
    const text = query.getQuery().sql.replaceAll("?", "null");
    const plan = store.db.all<{ detail: string }>(sql.raw(`explain query plan ${text}`));
    for (const { detail } of plan) {
      assert.doesNotMatch(detail, /^SCAN \w+$|TEMP B-TREE/, `${name}: ${detail}`);
    }
  }
});

test("a message that another run took along is answered when that run is", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const { sessionId } = await transcript.open(KEY, "main");
  await transcript.append(sessionId, said("one", "first"), { runId: "first" });
  await transcript.append(sessionId, said("two", "second"), { runId: "first" });
  assert.equal(await transcript.findRun(KEY, "second"), "unanswered");
  assert.equal(await transcript.findRun("agent:main:other", "second"), "none");
  await transcript.append(sessionId, answered("both"), { runId: "first" });
  assert.equal(await transcript.findRun(KEY, "second"), "answered");
});

test("a summary stands for what it covers, and nothing is deleted", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  const { sessionId } = await transcript.open(KEY, "main");
  const append = (message: StoredMessage) => transcript.append(sessionId, message, { runId: "run" });
  for (const text of ["one", "two", "three"]) await append(said(text));
  assert.equal((await transcript.recent(sessionId, PLENTY)).summary, null);
  const made = { covers: 2, provider: "p", model: "m", timestamp: 3 };
  await append({ role: "compactionSummary", content: "first", upTo: 1, ...made });
  await append({ role: "compactionSummary", content: "one and two", upTo: 2, ...made });
  await append(said("four"));
  const { summary, messages } = await transcript.recent(sessionId, PLENTY);
  assert.equal(summary?.content, "one and two");
  assert.deepEqual(
    messages.map(({ seq, message }) => [seq, message.content]),
    [
      [3, "three"],
      [6, "four"],
    ],
  );
  assert.equal((await transcript.page(KEY, 10, null)).messages.length, 6);
});
