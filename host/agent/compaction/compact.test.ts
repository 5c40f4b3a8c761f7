/** Long conversations with small models: summarised in time, nothing lost, and going on where that fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HostError } from "#host/base/errors.ts";
import { NO_USAGE, textOf, type Message } from "#host/base/message.ts";
import type { AgentEvent, RunEvent } from "#host/base/run.ts";
import type { ModelProvider, ModelRequest } from "#host/llm/provider.ts";
import { startTestAgent, type TestAgent } from "../chat.fixture.ts";
import { planCompaction, renderCovered } from "./plan.ts";

const MAIN = "agent:main:main";
const SMALL = { models: [{ name: "small:latest", contextLength: 8_192 }], tokens: 4 };
const WORDS = "some words of an ordinary conversation ".repeat(50);

function only<Type extends AgentEvent["type"]>(events: readonly RunEvent[], type: Type) {
  return events.flatMap(({ event }) =>
    event.type === type ? [event as Extract<AgentEvent, { type: Type }>] : [],
  );
}

const endOf = (events: readonly RunEvent[]) => only(events, "agent_end")[0];
const summariesOf = (agent: TestAgent) =>
  agent.transcript.messages(MAIN).filter((message) => message.role === "compactionSummary");
const chats = (agent: TestAgent) => agent.server.requests.filter(({ path }) => path === "/api/chat");

test("sixty long turns with a model of 8k tokens: none is refused, all is kept, and the newest are word for word", async () => {
  await using agent = await startTestAgent({ server: SMALL });
  for (let turn = 0; turn < 60; turn++) {
    const events = await agent.ask(`turn ${turn} ${WORDS}`);
    assert.equal(endOf(events)?.stopReason, "stop", `turn ${turn}: ${endOf(events)?.error?.message}`);
  }
  const summaries = summariesOf(agent);
  assert.ok(summaries.length > 3 && summaries.length < 20, `${summaries.length} summaries`);
  const users = agent.transcript.messages(MAIN).filter((message) => message.role === "user");
  assert.equal(users.length, 60, "nothing is deleted");
  for (const { body } of chats(agent)) {
    const tokens = JSON.stringify(body.messages).length / 4;
    assert.ok(tokens < 8_192, `${tokens} tokens were sent`);
  }
  const sent = chats(agent).at(-1)?.body.messages as { role: string; content: string }[];
  assert.equal(sent[0]?.role, "system", "the owner's rules stand outside");
  assert.match(sent[1]?.content ?? "", /^\[What was said before, summarised by you/);
  assert.match(sent.at(-3)?.content ?? "", /^turn 58/);
  assert.ok(agent.usage.length > 60, "what summaries cost is recorded");
});

/** A model that refuses more than `bytes`, whatever it says of itself. */
function tight(bytes: number, asked: ModelRequest[]): ModelProvider {
  const model = { id: "tight", name: "tight", contextWindow: 131_072 };
  return {
    id: "ollama",
    api: "x",
    address: "http://127.0.0.1:1",
    listModels: async () => [{ ...model, supportsTools: true, supportsImages: false, reasoning: false }],
    async *stream(request) {
      asked.push(request);
      const size = request.messages.reduce((sum, message) => sum + textOf(message).length, 0);
      if (size > bytes) {
        const error = new HostError("model.refused", `It answered 400: maximum context length is ${bytes}`);
        yield { type: "error", error };
        return;
      }
      yield { type: "text", delta: "fine" };
      yield { type: "done", stopReason: "stop", usage: NO_USAGE };
    },
  };
}

test("a model that takes less than it says is asked again with less, and the next turn summarises", async () => {
  const asked: ModelRequest[] = [];
  await using agent = await startTestAgent({
    settings: () => ({ primary: "ollama/tight", providers: [tight(9_000, asked)] }),
  });
  for (let turn = 0; turn < 4; turn++) await agent.ask(`turn ${turn} ${WORDS}`);
  assert.equal(summariesOf(agent).length, 0);
  const squeezed = await agent.ask(`turn 4 ${WORDS}`);
  assert.equal(endOf(squeezed)?.stopReason, "stop");
  assert.equal(only(squeezed, "message_start").length, 2, "the refusal is not shown");
  const next = await agent.ask("and now?");
  assert.equal(endOf(next)?.stopReason, "stop");
  assert.deepEqual(
    only(next, "compaction_end").map(({ error }) => error),
    [null],
  );
  assert.equal(summariesOf(agent)[0]?.content, "fine");
});

test("a summary that fails loses nothing: the turn goes on with what fits, and it is not tried each time", async () => {
  await using agent = await startTestAgent({ server: SMALL });
  await agent.ask(`[[error]] ${WORDS}`);
  const ends = [];
  for (let turn = 0; turn < 12; turn++) ends.push(await agent.ask(`turn ${turn} ${WORDS}`));
  const told = ends.flatMap((events) => only(events, "compaction_end"));
  assert.equal(told.length, 1);
  assert.equal(told[0]?.error?.code, "model.refused");
  assert.ok(ends.every((events) => endOf(events)?.stopReason === "stop"));
  assert.equal(agent.transcript.messages(MAIN).filter(({ role }) => role === "user").length, 13);
  assert.equal(summariesOf(agent).length, 0);
});

test("a summary that cannot be stored leaves the turn as it was", async () => {
  await using agent = await startTestAgent({ server: SMALL });
  agent.transcript.failFor(({ role }) => role === "compactionSummary");
  for (let turn = 0; turn < 12; turn++) {
    assert.equal(endOf(await agent.ask(`turn ${turn} ${WORDS}`))?.stopReason, "stop");
  }
  assert.equal(summariesOf(agent).length, 0);
});

test("a stop while it is summarised ends the run at once and keeps all", async () => {
  await using agent = await startTestAgent({ server: { ...SMALL, delayMs: 0 } });
  await agent.ask(`[[delay:60000]] ${WORDS}`.replace("60000", "1"));
  for (let turn = 0; turn < 5; turn++) await agent.ask(`turn ${turn} ${WORDS}`);
  const begun = agent.until(({ event }) => event.type === "compaction_start");
  const ended = agent.until(({ event, run }) => event.type === "agent_end" && run.runId === "slow");
  await agent.transcript.append(
    (await agent.transcript.open(MAIN, "main")).sessionId,
    {
      role: "user",
      content: `[[delay:30000]] ${WORDS.repeat(6)}`,
      timestamp: 0,
    },
    { runId: "x" },
  );
  await agent.chat.send({ sessionKey: "main", message: "next", runId: "slow" });
  await begun;
  const abortedAt = performance.now();
  await agent.chat.abort("main", "slow");
  await ended;
  assert.ok(performance.now() - abortedAt < 200);
  assert.equal(summariesOf(agent).length, 0);
});

test("/compact summarises at once, minds what the owner says, and the model goes on from there", async () => {
  await using agent = await startTestAgent();
  await agent.ask("my street is Elm Street");
  const events = await agent.ask("/compact mind the street");
  assert.match(textOf(endOf(events)?.message ?? { content: "" }), /^Summarised 2 messages in \d+ characters/);
  const asked = chats(agent).at(-1)?.body.messages as { content: string }[];
  assert.match(asked.at(-1)?.content ?? "", /Elm Street[^]*mind this in the record: mind the street/);
  await agent.ask("and?");
  const sent = chats(agent).at(-1)?.body.messages as { content: string }[];
  assert.match(sent[1]?.content ?? "", /summarised by you/);
  assert.equal(sent.length, 3);
  assert.deepEqual(await agent.chat.compact("fresh", ""), { covers: 0, chars: 0 });
  assert.equal((await agent.chat.compact("main", "")).covers, 4);
});

const message = (role: "user" | "assistant", text: string): Message =>
  role === "user"
    ? { role, content: text, timestamp: 0 }
    : {
        role,
        content: [{ type: "text", text }],
        stopReason: "stop",
        api: "",
        provider: "p",
        model: "m",
        usage: NO_USAGE,
        timestamp: 0,
      };
const anyMessages = fc.array(
  fc.tuple(fc.constantFrom("user" as const, "assistant" as const), fc.string({ maxLength: 400 })),
  { maxLength: 40 },
);

test("whatever is planned: covered and kept are all, in order, and what is kept begins with a question", () => {
  fc.assert(
    fc.property(anyMessages, fc.nat({ max: 3_000 }), (all, keepBytes) => {
      const messages = all.map(([role, text], at) => ({ seq: at + 1, message: message(role, text) }));
      const plan = planCompaction({ summary: null, messages }, { bytes: keepBytes, messages: 20 });
      assert.ok((plan?.kept.length ?? 0) <= 20);
      if (plan === null) return assert.ok(messages.length === 0);
      assert.deepEqual([...plan.covered, ...plan.kept], messages);
      assert.equal(plan.upTo, plan.covered.at(-1)?.seq);
      assert.ok(plan.kept.length === 0 || plan.kept[0]?.message.role === "user");
      return undefined;
    }),
  );
});

test("what the model is given to summarise keeps to its length", () => {
  fc.assert(
    fc.property(anyMessages, fc.integer({ min: 500, max: 5_000 }), (all, most) => {
      const text = renderCovered(
        null,
        all.map(([role, said]) => message(role, said)),
        most,
      );
      assert.ok(text.length <= most + 60, `${text.length} of ${most}`);
    }),
  );
});

test("the demo model is not asked for a summary, and /compact says what is missing", async () => {
  await using agent = await startTestAgent({ settings: () => ({ primary: null, providers: [] }) });
  await agent.ask("hello");
  const end = endOf(await agent.ask("/compact"));
  assert.match(end?.error?.message ?? "", /^Cannot summarise: the demo model cannot/);
  assert.equal(summariesOf(agent).length, 0);
});
