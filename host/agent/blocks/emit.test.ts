/** Blocks among a run's events, from a model server's stream on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_STREAMING, type BlockStreaming } from "#host/base/agent-settings.ts";
import { NO_USAGE } from "#host/base/message.ts";
import type { AgentEvent, RunEvent } from "#host/base/run.ts";
import { startTestAgent } from "../chat.fixture.ts";
import { withBlocks } from "./emit.ts";

const SETTINGS: BlockStreaming = { ...BLOCK_STREAMING, minChars: 20, maxChars: 100 };
const TEXT = `${"First words. ".repeat(3).trim()}\n\n${"Second words. ".repeat(3).trim()}`;

const blocksOf = (events: readonly RunEvent[]) =>
  events.flatMap(({ event }) => (event.type === "message_block" ? [event.text] : []));

async function ask(message: string, blocks: boolean | undefined, settings = SETTINGS) {
  await using agent = await startTestAgent({ blocks: settings });
  const ended = agent.until(({ event }) => event.type === "agent_end");
  await agent.chat.send({
    sessionKey: "main",
    message,
    runId: "r",
    ...(blocks === undefined ? {} : { blocks }),
  });
  await ended;
  return agent.events;
}

test("a run that wants blocks tells each paragraph, all of them before its answer's end", async () => {
  const events = await ask(`[[say:${TEXT}]]`, true);
  assert.deepEqual(blocksOf(events), TEXT.split("\n\n"));
  const types = events.map(({ event }) => event.type);
  assert.ok(types.lastIndexOf("message_block") < types.lastIndexOf("message_end"));
});

test("blocks are told where the run or the owner's default says so, and nowhere else", async () => {
  assert.deepEqual(blocksOf(await ask(`[[say:${TEXT}]]`, undefined)), []);
  assert.equal(blocksOf(await ask(`[[say:${TEXT}]]`, undefined, { ...SETTINGS, isDefault: true })).length, 2);
  assert.deepEqual(blocksOf(await ask(`[[say:${TEXT}]]`, false, { ...SETTINGS, isDefault: true })), []);
});

test("an answer that breaks off gives what was said as a block; an empty one says that it is empty", async () => {
  assert.deepEqual(blocksOf(await ask("[[tokens:4]] [[die]]", true)), ["tok0 tok1"]);
  assert.deepEqual(blocksOf(await ask("[[say:]]", true)), ["(The model gave an empty answer.)"]);
});

function play(
  settings: BlockStreaming,
  deltas: readonly string[],
  at: (told: readonly string[]) => void,
): string[] {
  const told: string[] = [];
  const emit = withBlocks((event: AgentEvent) => {
    if (event.type === "message_block") told.push(event.text);
  }, settings);
  let text = "";
  for (const delta of deltas) {
    text += delta;
    emit({ type: "message_update", kind: "text", delta, text });
  }
  at([...told]);
  const frame = { api: "", provider: "", model: "", usage: NO_USAGE, timestamp: 0 };
  const message = {
    role: "assistant",
    content: [{ type: "text", text }],
    stopReason: "stop",
    ...frame,
  } as const;
  emit({ type: "message_end", message });
  return told;
}

test("with break message_end nothing is told before the model has said all", () => {
  const told = play({ ...SETTINGS, break: "message_end" }, [TEXT], (early) => assert.deepEqual(early, []));
  assert.equal(told.length, 2);
});

test("short blocks wait for the next one and go together; the last does not stay behind", () => {
  const coalesce = { minChars: 60, maxChars: 100, idleMs: 60_000 };
  const told = play({ ...SETTINGS, coalesce }, [TEXT, "\n\nThird words that are left."], () => {});
  assert.deepEqual(told, [TEXT, "Third words that are left."]);
});

test("a short block that nothing follows goes after the idle time", async () => {
  const told = Promise.withResolvers<string>();
  const emit = withBlocks(
    (event) => (event.type === "message_block" ? told.resolve(event.text) : undefined),
    { ...SETTINGS, coalesce: { minChars: 90, maxChars: 100, idleMs: 20 } },
  );
  const delta = "Words that are more than twenty.\n\nAnd";
  emit({ type: "message_update", kind: "text", delta, text: delta });
  assert.equal(await told.promise, "Words that are more than twenty.");
});
