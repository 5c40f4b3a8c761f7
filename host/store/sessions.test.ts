import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "drizzle-orm";
import { messages } from "#drizzle/sqlite/schema.ts";
import { createSessions } from "./sessions.ts";
import { type TemporaryStore, temporaryStore, tickingClock } from "./temporary-store.fixture.ts";
import { createTranscript } from "./transcript.ts";

const hello = { role: "user", content: "hello", timestamp: 1 } as const;

/** Sessions a, b and c, each with one message, a used last. */
async function threeSessions(store: TemporaryStore) {
  const transcript = createTranscript(store.db, tickingClock());
  for (const key of ["a", "b", "c", "a"]) {
    const { sessionId } = await transcript.open(key, "main");
    await transcript.append(sessionId, hello, { runId: "run" });
  }
  return { transcript, sessions: createSessions(store.db) };
}

test("sessions are listed by their last use, page by page, with their number", async () => {
  await using store = await temporaryStore();
  const { sessions } = await threeSessions(store);
  const page = async (limit: number, offset: number) => {
    const { sessions: shown, total } = await sessions.list(limit, offset);
    return [...shown.map(({ key }) => key), total];
  };
  assert.deepEqual(await page(10, 0), ["a", "c", "b", 3]);
  assert.deepEqual(await page(1, 1), ["c", 3]);
  assert.deepEqual(await page(1, 3), [3]);
});

test("a session that was put away is not listed, and its title goes on", async () => {
  await using store = await temporaryStore();
  const { sessions, transcript } = await threeSessions(store);
  assert.equal(await sessions.rename("a", "Alpha"), true);
  const { sessionId } = await transcript.startNew("a", "main");
  const listed = (await sessions.list(10, 0)).sessions.filter(({ key }) => key === "a");
  assert.equal(listed.length, 1);
  assert.partialDeepStrictEqual(listed[0], { sessionId, title: "Alpha", messageCount: 0 });
  assert.equal(await sessions.rename("a", null), true);
  assert.equal((await sessions.list(1, 0)).sessions[0]?.title, null);
});

test("deleting a key takes all of its sessions and their messages", async () => {
  await using store = await temporaryStore();
  const { sessions, transcript } = await threeSessions(store);
  await transcript.startNew("a", "main");
  assert.equal(await sessions.delete("a"), true);
  assert.equal(await sessions.delete("a"), false);
  assert.equal(await transcript.findRun("a", "run"), "none");
  assert.deepEqual(store.db.select({ left: count() }).from(messages).all(), [{ left: 2 }]);
});

test("what does not exist is not renamed", async () => {
  await using store = await temporaryStore();
  assert.equal(await createSessions(store.db).rename("nobody", "x"), false);
});

test("what was chosen for a session is there after a restart and after /new, and goes with it", async () => {
  await using store = await temporaryStore();
  const transcript = createTranscript(store.db, tickingClock());
  await transcript.open("k", "main");
  createSessions(store.db).choose("k", { model: "ollama/x" });
  createSessions(store.db).choose("k", { thinking: "high" });
  await transcript.startNew("k", "main");
  const sessions = createSessions(store.db);
  assert.deepEqual(sessions.settingsOf("k"), { model: "ollama/x", thinking: "high" });
  assert.partialDeepStrictEqual((await sessions.list(10, 0)).sessions, [
    { model: "ollama/x", thinking: "high" },
  ]);
  sessions.choose("k", { model: null });
  assert.deepEqual(sessions.settingsOf("k"), { model: null, thinking: "high" });
  assert.deepEqual([await sessions.has("k"), await sessions.has("other")], [true, false]);
  await sessions.delete("k");
  assert.deepEqual(sessions.settingsOf("k"), { model: null, thinking: null });
});
