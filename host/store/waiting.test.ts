import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryStore, tickingClock } from "./temporary-store.fixture.ts";
import { createWaitingMessages } from "./waiting.ts";

test("messages wait in the order in which they came, each once, over a restart, until they are dropped", async () => {
  await using store = await temporaryStore();
  const of = (sessionKey: string, runId: string) =>
    ({ sessionKey, runId, message: `say ${runId}`, mode: "steer" }) as const;
  const first = createWaitingMessages(store.db, tickingClock());
  await first.keep(of("b", "2"));
  await first.keep(of("a", "1"));
  await first.keep({ ...of("b", "2"), message: "another" });
  await first.keep(of("a", "2"));
  await store.reopen();
  const second = createWaitingMessages(store.db, tickingClock());
  assert.deepEqual(await second.all(), [of("b", "2"), of("a", "1"), of("a", "2")]);
  await second.drop("a", "2");
  await second.drop("nowhere", "2");
  assert.deepEqual(await second.all(), [of("b", "2"), of("a", "1")]);
});
