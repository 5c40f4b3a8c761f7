/** What services bring is stored once, and told to its author where it is not what the SDK has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#host/base/json.ts";
import { createMemoryInbox } from "./memory-inbox.ts";

const NAME = { plugin: "pager", account: "a" };
const MESSAGE: JsonObject = {
  type: "message",
  id: "1",
  text: "hi",
  sentAt: 1,
  conversation: { id: "c", kind: "direct" },
  sender: { id: "s" },
};

test("an event is stored once for its account, and again for another account", async () => {
  const inbox = createMemoryInbox(2);
  const take = async (account: string, event = MESSAGE) => {
    const reply = await inbox.receive({ ...NAME, account }, event);
    return reply.ok ? reply.head.new : reply.failure.code;
  };
  assert.deepEqual([await take("a"), await take("a"), await take("b")], [true, false, true]);
  assert.equal(await take("a", { ...MESSAGE, id: "2" }), "too-large");
  assert.deepEqual(
    inbox.events().map(({ account, event }) => `${account} ${event.id}`),
    ["a 1", "b 1"],
  );
});

test("an event that is not as the SDK has it names the field and the rule, never the value", async () => {
  const inbox = createMemoryInbox();
  const problem = async (change: JsonObject) => {
    const reply = await inbox.receive(NAME, { ...MESSAGE, ...change });
    return reply.ok ? "stored" : reply.failure.message;
  };
  assert.match(await problem({ sender: { id: "" } }), /: sender\.id must not be empty$/);
  assert.match(await problem({ type: "spam" }), /: type must be/);
  assert.match(await problem({ account: "other" }), /: account must be/);
  assert.doesNotMatch(await problem({ text: 7 as never, id: "secret value" }), /secret value|7/);
  for (const change of [
    { type: "edit", target: "0" },
    { mentions: [{ id: "me", self: true }], replyTo: "0" },
    { media: [{ handle: "f1", mimeType: "image/png" }] },
  ])
    assert.equal(await problem({ ...change, id: JSON.stringify(change) }), "stored");
  assert.match(await problem({ type: "reaction", target: "0" }), /emoji must/);
});
