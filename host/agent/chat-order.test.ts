/** Who comes when: aborts, queues, and messages that are sent twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf, type UserMessage } from "#host/base/message.ts";
import type { RunEvent } from "#host/base/run.ts";
import { startTestAgent, type TestAgent } from "./chat.fixture.ts";
import { createMemoryTranscript } from "./transcript.fixture.ts";

const MAIN = "agent:main:main";

function send(agent: TestAgent, message: string, runId: string, sessionKey = "main") {
  return agent.chat.send({ sessionKey, message, runId });
}

const isEnd = (runId: string) => (told: RunEvent) =>
  told.run.runId === runId && told.event.type === "agent_end";
const isFirstWord = (told: RunEvent) => told.event.type === "message_update";

function stopReasonOf(told: RunEvent): string {
  return told.event.type === "agent_end" ? told.event.stopReason : "";
}

test("an abort in the middle of an answer reaches the model within 200 ms and keeps what was said", async () => {
  await using agent = await startTestAgent();
  const asked = agent.server.next("/api/chat");
  const word = agent.until(isFirstWord);
  const ended = agent.until(isEnd("r1"));
  await send(agent, "[[pace:20]] [[tokens:50]]", "r1");
  await word;
  const abortedAt = performance.now();
  assert.deepEqual(await agent.chat.abort("main", "r1"), ["r1"]);
  assert.ok(performance.now() - abortedAt < 200, "the run has ended");
  assert.ok((await (await asked).givenUp) - abortedAt < 200, "the model server's socket is closed");
  assert.equal(stopReasonOf(await ended), "aborted");
  const last = agent.transcript.messages(MAIN).at(-1);
  assert.ok(last?.role === "assistant" && last.stopReason === "aborted");
  assert.match(textOf(last), /^tok0/);
  assert.deepEqual(agent.chat.running(), []);
});

test("an abort while tools run reaches them within 200 ms, also those that do not listen", async () => {
  const heard = Promise.withResolvers<number>();
  const tools = {
    listens: (_args: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<string>((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          heard.resolve(performance.now());
          reject(new Error("stopped"));
        });
      }),
    deaf: () => new Promise<string>(() => {}),
  };
  await using agent = await startTestAgent({ tools });
  const running = agent.until(
    (told) => told.event.type === "tool_execution_start" && told.event.call.name === "deaf",
  );
  const ended = agent.until(isEnd("r1"));
  await send(agent, "[[tool:listens]] [[tool:deaf]]", "r1");
  await running;
  const abortedAt = performance.now();
  await agent.chat.abort("main", null);
  assert.ok(performance.now() - abortedAt < 200);
  assert.ok((await heard.promise) - abortedAt < 200);
  assert.equal(stopReasonOf(await ended), "aborted");
  const stored = agent.transcript.messages(MAIN);
  assert.equal(
    stored.filter((message) => message.role === "toolResult").length,
    2,
    "no call is left dangling",
  );
  const last = stored.at(-1);
  assert.equal(last?.role === "assistant" && last.stopReason, "aborted");
  assert.equal(
    agent.server.requests.filter((request) => request.path === "/api/chat").length,
    1,
    "no further call",
  );
});

test("an abort while the model is still silent ends the run", async () => {
  await using agent = await startTestAgent();
  const asked = agent.server.next("/api/chat");
  await send(agent, "[[delay:60000]]", "r1");
  await asked;
  const abortedAt = performance.now();
  await agent.chat.abort("main", null);
  assert.ok(performance.now() - abortedAt < 200);
});

test("/stop stops what is being answered and what waits", async () => {
  await using agent = await startTestAgent();
  const word = agent.until(isFirstWord);
  await send(agent, "[[pace:20]] [[tokens:50]]", "r1");
  await send(agent, "next", "r2");
  await word;
  const ends = Promise.all(["r1", "r2"].map((runId) => agent.until(isEnd(runId))));
  const stopped = await agent.ask("/stop");
  assert.deepEqual((await ends).map(stopReasonOf), ["aborted", "aborted"]);
  assert.equal(stopReasonOf(stopped.at(-1) as RunEvent), "stop");
});

test("two /stop at the same time do not wait for each other", async () => {
  await using agent = await startTestAgent();
  await Promise.all([agent.ask("/stop"), agent.ask("/stop")]);
});

test("a session's messages are answered one after the other; another session does not wait", async () => {
  await using agent = await startTestAgent();
  const ends = ["r1", "r2", "other"].map((runId) => agent.until(isEnd(runId)));
  await send(agent, "[[pace:15]] [[tokens:8]]", "r1");
  await send(agent, "second", "r2");
  await send(agent, "quick", "other", "elsewhere");
  assert.equal(
    agent.chat.running().some((run) => run.runId === "r2"),
    false,
    "r2 waits",
  );
  await Promise.all(ends);
  const ended = agent.events.filter(({ event }) => event.type === "agent_end").map((told) => told.run.runId);
  assert.deepEqual(ended, ["other", "r1", "r2"]);
  const roles = agent.transcript.messages(MAIN).map((message) => message.role);
  assert.deepEqual(roles, ["user", "assistant", "user", "assistant"]);
});

test("a message that waits can be taken back at once, and leaves nothing behind", async () => {
  await using agent = await startTestAgent();
  const ended = agent.until(isEnd("r1"));
  const takenBack = agent.until(isEnd("r2"));
  await send(agent, "[[pace:20]] [[tokens:10]]", "r1");
  await send(agent, "second", "r2");
  assert.deepEqual(await agent.chat.abort("main", "r2"), ["r2"]);
  assert.equal(stopReasonOf(await takenBack), "aborted");
  assert.equal(agent.chat.running().length, 1, "the first one goes on");
  assert.equal(stopReasonOf(await ended), "stop");
  assert.equal(agent.transcript.messages(MAIN).filter((message) => message.role === "user").length, 1);
});

test("a key that was taken back can be sent again the moment its end is told", async () => {
  await using agent = await startTestAgent();
  const ended = agent.until(isEnd("r1"));
  await send(agent, "[[pace:20]] [[tokens:10]]", "r1");
  await send(agent, "second", "r2");
  const again = agent.until(isEnd("r2")).then(() => send(agent, "second", "r2"));
  await agent.chat.abort("main", "r2");
  assert.equal((await again).status, "started");
  assert.equal((await send(agent, "second", "r2")).status, "in_flight");
  await Promise.all([ended, agent.until(isEnd("r2"))]);
});

test("a full queue refuses with the number and a fix, and takes messages again later", async () => {
  await using agent = await startTestAgent({ queue: { cap: 1, drop: "new" } });
  await send(agent, "[[pace:20]] [[tokens:50]]", "r1");
  await send(agent, "second", "r2");
  await assert.rejects(send(agent, "third", "r3"), {
    code: "limit.exceeded",
    message: `Cannot send to "${MAIN}": 1 messages wait there already`,
  });
  await agent.chat.abort("main", null);
  await agent.ask("third", "main", "r3");
});

test("the same key is answered once: in flight while it runs, ok afterwards", async () => {
  await using agent = await startTestAgent();
  const ended = agent.until(isEnd("r1"));
  const [first, second] = await Promise.all([
    send(agent, "[[pace:10]]", "r1"),
    send(agent, "[[pace:10]]", "r1"),
  ]);
  assert.deepEqual([first.status, second.status], ["started", "in_flight"]);
  await ended;
  assert.equal((await send(agent, "[[pace:10]]", "r1")).status, "ok");
  assert.equal(agent.transcript.messages(MAIN).length, 2);
  assert.equal(
    (await send(agent, "hi", "r1", "elsewhere")).status,
    "started",
    "keys belong to their session",
  );
});

test("after a restart an answered key is ok, and one that was cut short is answered without a second question", async () => {
  const transcript = createMemoryTranscript();
  {
    await using agent = await startTestAgent({ transcript });
    await agent.ask("one", "main", "answered");
  }
  const { sessionId } = await transcript.open(MAIN, "main");
  const cut: UserMessage = { role: "user", content: "two", timestamp: 0, idempotencyKey: "cut" };
  await transcript.append(sessionId, cut, { runId: "cut" });
  await using agent = await startTestAgent({ transcript });
  assert.equal((await send(agent, "one", "answered")).status, "ok");
  await agent.ask("two", "main", "cut");
  const sent = agent.server.requests.at(-1)?.body.messages as { content: string }[];
  assert.equal(sent.filter((message) => message.content === "two").length, 1, "the model is asked once");
  assert.equal(sent.at(-1)?.content, "two");
  const users = transcript.messages(MAIN).filter((message) => message.role === "user");
  assert.equal(users.length, 2, "and it is stored once");
});

test("a host killed between a call and its result leaves a conversation that goes on", async () => {
  const transcript = createMemoryTranscript();
  const { sessionId } = await transcript.open(MAIN, "main");
  const usage = { input: 0, output: 0, totalTokens: 0 };
  const call = { type: "toolCall", id: "c1", name: "roll", arguments: {} } as const;
  await transcript.append(
    sessionId,
    { role: "user", content: "roll", timestamp: 0, idempotencyKey: "k" },
    { runId: "k" },
  );
  await transcript.append(
    sessionId,
    {
      role: "assistant",
      content: [call],
      stopReason: "toolUse",
      api: "ollama",
      provider: "ollama",
      model: "m",
      usage,
      timestamp: 0,
    },
    { runId: "k" },
  );
  await using agent = await startTestAgent({ transcript });
  await agent.ask("and now?");
  const sent = agent.server.requests.at(-1)?.body.messages as { role: string; content: string }[];
  assert.deepEqual(
    sent.slice(1).map((message) => message.role),
    ["user", "assistant", "tool", "user"],
  );
  assert.match(sent[3]?.content ?? "", /^No result: the host was stopped/);
});

test("closing stops every run and waits for its end", async () => {
  const agent = await startTestAgent();
  const ends = Promise.all(["r1", "r2"].map((runId) => agent.until(isEnd(runId))));
  await send(agent, "[[pace:20]] [[tokens:50]]", "r1", "a");
  await send(agent, "[[delay:60000]]", "r2", "b");
  await agent.chat.close();
  assert.deepEqual((await ends).map(stopReasonOf), ["aborted", "aborted"]);
  await agent.server.close();
});
