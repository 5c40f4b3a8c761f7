/** What becomes of messages that come while a session is being answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { textOf } from "#host/base/message.ts";
import { QUEUE_MODES, type QueueMode, type QueueSettings } from "#host/base/queue-settings.ts";
import type { RunEvent } from "#host/base/run.ts";
import { createMemoryWaiting, startTestAgent, type TestAgent } from "./chat.fixture.ts";
import { createMemoryTranscript } from "./transcript.fixture.ts";
import { createQueueModes, QUEUE } from "./queue-modes.ts";

const MAIN = "agent:main:main";

/** An agent whose first message "[[tool:gate]]" runs until the gate is opened. */
async function gated(queue: Partial<QueueSettings> = {}) {
  const gate = Promise.withResolvers<string>();
  const agent = await startTestAgent({
    tools: { gate: () => gate.promise },
    queue: { debounceMs: 0, ...queue },
  });
  const running = agent.until(({ event }) => event.type === "tool_execution_start");
  await agent.chat.send({ sessionKey: "main", message: "[[tool:gate]]", runId: "r1" });
  await running;
  return {
    agent,
    open: () => gate.resolve("open"),
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
}

const send = (agent: TestAgent, runId: string, message: string, queueMode?: QueueMode) =>
  agent.chat.send({ sessionKey: "main", message, runId, ...(queueMode === undefined ? {} : { queueMode }) });

const isEnd = (runId: string) => (told: RunEvent) =>
  told.run.runId === runId && told.event.type === "agent_end";

function endOf(agent: TestAgent, runId: string): string {
  const told = agent.events.find(isEnd(runId))?.event;
  return told?.type === "agent_end" ? told.stopReason : "none";
}

function said(agent: TestAgent): string[] {
  return agent.transcript
    .messages(MAIN)
    .flatMap((message) => (message.role === "toolResult" ? [] : [`${message.role}: ${textOf(message)}`]))
    .filter((line) => !line.endsWith(": "));
}

const asked = (agent: TestAgent) => agent.server.requests.filter(({ path }) => path === "/api/chat");

test("steer: the running turn takes the message before its next model call, and answers both at once", async () => {
  await using made = await gated();
  const { agent, open } = made;
  const ended = agent.until(isEnd("r1"));
  assert.equal((await send(agent, "r2", "and this [[say:both]]")).status, "started");
  assert.equal((await send(agent, "r2", "and this [[say:both]]")).status, "in_flight");
  open();
  await ended;
  const last = asked(agent).at(-1)?.body.messages as { role: string; content: string }[];
  assert.deepEqual(
    last.slice(-3).map(({ role }) => role),
    ["assistant", "tool", "user"],
  );
  assert.deepEqual(said(agent), ["user: [[tool:gate]]", "user: and this [[say:both]]", "assistant: both"]);
  const joined = agent.events.find(({ event }) => event.type === "joined");
  assert.deepEqual([joined?.run.runId, joined?.event], ["r2", { type: "joined", runId: "r1" }]);
  assert.equal(endOf(agent, "r2"), "stop");
  assert.equal((await send(agent, "r2", "and this [[say:both]]")).status, "ok", "its key is answered");
  assert.equal(asked(agent).length, 2);
});

test("steer: what comes too late for the turn has a turn of its own", async () => {
  await using agent = await startTestAgent();
  const word = agent.until(({ event }) => event.type === "message_update");
  const ended = agent.until(isEnd("r2"));
  await send(agent, "r1", "[[pace:10]] [[tokens:5]]");
  await word;
  await send(agent, "r2", "[[say:second]]");
  await ended;
  assert.deepEqual(said(agent).slice(-2), ["user: [[say:second]]", "assistant: second"]);
});

test("a stopped turn loses nothing that waits for it: the message is answered afterwards", async () => {
  await using made = await gated();
  const { agent } = made;
  const ended = agent.until(isEnd("r2"));
  await send(agent, "r2", "[[say:still here]]");
  await agent.chat.abort("main", "r1");
  await ended;
  assert.equal(endOf(agent, "r1"), "aborted");
  assert.deepEqual(said(agent).slice(-1), ["assistant: still here"]);
});

test("stopping a message that a turn took along stops that turn", async () => {
  await using made = await gated();
  const { agent, open } = made;
  const joined = agent.until(({ event }) => event.type === "joined");
  await send(agent, "r2", "[[pace:20]] [[tokens:100]]");
  open();
  await joined;
  assert.deepEqual(await agent.chat.abort("main", "r2"), ["r2"]);
  assert.equal(endOf(agent, "r1"), "aborted");
});

test("followup: each message has a turn of its own, in order", async () => {
  await using made = await gated({ mode: "followup" });
  const { agent, open } = made;
  const ended = agent.until(isEnd("r3"));
  await send(agent, "r2", "[[say:second]]");
  await send(agent, "r3", "[[say:third]]");
  open();
  await ended;
  assert.deepEqual(said(agent).slice(-4), [
    "user: [[say:second]]",
    "assistant: second",
    "user: [[say:third]]",
    "assistant: third",
  ]);
});

test("collect: all that wait become one turn", async () => {
  await using made = await gated({ mode: "collect" });
  const { agent, open } = made;
  const ended = agent.until(isEnd("r2"));
  await send(agent, "r2", "second");
  await send(agent, "r3", "third [[say:all]]");
  open();
  await ended;
  assert.deepEqual(said(agent).slice(-3), ["user: second", "user: third [[say:all]]", "assistant: all"]);
  assert.equal(asked(agent).length, 3);
  assert.equal((await send(agent, "r3", "third [[say:all]]")).status, "ok");
});

test("collect waits until a burst is over", async () => {
  await using made = await gated({ mode: "collect", debounceMs: 150 });
  const { agent, open } = made;
  const first = agent.until(isEnd("r1"));
  const ended = agent.until(isEnd("r2"));
  await send(agent, "r2", "second");
  open();
  await first;
  await send(agent, "r3", "third [[say:all]]");
  await ended;
  assert.deepEqual(said(agent).slice(-3), ["user: second", "user: third [[say:all]]", "assistant: all"]);
});

test("interrupt: the running turn is stopped, the message goes first, others still wait", async () => {
  await using made = await gated({ mode: "followup" });
  const { agent } = made;
  const ended = agent.until(isEnd("r2"));
  await send(agent, "r2", "[[say:second]]");
  await send(agent, "r3", "[[say:now]]", "interrupt");
  await ended;
  assert.equal(endOf(agent, "r1"), "aborted");
  assert.deepEqual(said(agent).slice(-4), [
    "user: [[say:now]]",
    "assistant: now",
    "user: [[say:second]]",
    "assistant: second",
  ]);
});

test("a full queue refuses the new, gives up the oldest, or puts the two oldest together", async () => {
  for (const drop of ["new", "old", "summarize"] as const) {
    await using made = await gated({ mode: "followup", cap: 2, drop });
    const { agent, open } = made;
    for (const n of [2, 3]) await send(agent, `r${n}`, `message ${n} [[tokens:1]]`);
    const fourth = send(agent, "r4", "message 4 [[tokens:1]]");
    if (drop === "new") await assert.rejects(fourth, { code: "limit.exceeded" });
    else assert.equal((await fourth).status, "started");
    const last = agent.until(isEnd(drop === "new" ? "r3" : "r4"));
    open();
    await last;
    const users = said(agent).filter((line) => line.startsWith("user: message"));
    const turns = asked(agent).length - 2;
    assert.deepEqual(
      [users.map((line) => /\d/.exec(line)?.[0]).join(""), turns],
      { new: ["23", 2], old: ["34", 2], summarize: ["234", 2] }[drop],
      drop,
    );
    if (drop === "old") {
      const told = agent.events.find(isEnd("r2"))?.event;
      assert.match(
        (told?.type === "agent_end" && told.error?.message) || "",
        /^Given up for a newer message/,
      );
    }
  }
});

test("the message itself, then /queue, then its channel, then the owner's default say the mode", () => {
  const modes = createQueueModes(() => ({ ...QUEUE, mode: "collect", byChannel: { telegram: "followup" } }));
  assert.equal(modes.rulesOf(MAIN).mode, "collect");
  assert.equal(modes.rulesOf(MAIN, { channel: "telegram" }).mode, "followup");
  assert.equal(
    modes.command(MAIN, "interrupt debounce:2s cap:5 drop:old"),
    "Queue: interrupt, debounce 2000 ms, at most 5 wait, then drop old.",
  );
  assert.equal(modes.rulesOf(MAIN, { channel: "telegram" }).mode, "interrupt");
  assert.equal(modes.rulesOf(MAIN, { queueMode: "steer" }).mode, "steer");
  assert.match(modes.command(MAIN, "sideways"), /^Cannot read "sideways"\. Say: \/queue steer/);
  assert.match(modes.command(MAIN, "default"), /^Queue: collect, debounce 500 ms/);
});

test("/queue is answered by the host, for its session alone", async () => {
  await using agent = await startTestAgent();
  await agent.ask("/queue collect");
  assert.match(said(agent).at(-1) ?? "", /^assistant: Queue: collect/);
  await agent.ask("/queue", "other");
  assert.match(
    textOf(agent.transcript.messages("agent:main:other").at(-1) ?? { content: "" }),
    /^Queue: steer/,
  );
});

const step = fc.record({
  mode: fc.constantFrom(...QUEUE_MODES),
  text: fc.constantFrom("[[tool:quick]]", "[[tokens:2]]", "[[tool:quick]] [[tokens:1]]", "/status"),
  stop: fc.constantFrom("no", "no", "no", "this", "all"),
  pauseMs: fc.constantFrom(0, 0, 1, 4),
});

test("whatever comes in whatever mode and is stopped when: every accepted message has one end, and is asked once if answered", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 10 }),
    fc.constantFrom("old", "new", "summarize"),
    async (steps, drop) => {
      const tools = { quick: () => new Promise<string>((resolve) => setTimeout(resolve, 2, "ok")) };
      await using agent = await startTestAgent({ tools, queue: { debounceMs: 1, cap: 3, drop } });
      const accepted: string[] = [];
      const stops: Promise<unknown>[] = [];
      for (const [n, { mode, text, stop, pauseMs }] of steps.entries()) {
        const runId = `r${n}`;
        await send(agent, runId, `${text} #${n}#`.replace(/^\/status.*/, "/status"), mode).then(
          () => accepted.push(runId),
          (error: { code: string }) => assert.equal(error.code, "limit.exceeded"),
        );
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        if (stop !== "no") stops.push(agent.chat.abort("main", stop === "this" ? runId : null));
      }
      await Promise.all(stops);
      const ends = (runId: string) => agent.events.filter(isEnd(runId)).length;
      const deadline = Date.now() + 10_000;
      while (accepted.some((runId) => ends(runId) === 0) && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 2));
      for (const runId of accepted) assert.equal(ends(runId), 1, `${runId} has one end`);
      const users = agent.transcript.messages(MAIN).filter((message) => message.role === "user");
      for (const [n] of steps.entries()) {
        const times = users.filter((message) => textOf(message).includes(`#${n}#`)).length;
        assert.ok(times <= 1, `message ${n} is stored ${times} times`);
        if (endOf(agent, `r${n}`) === "stop" && steps[n]?.text !== "/status") assert.equal(times, 1);
      }
      assert.deepEqual(agent.chat.running(), []);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test("what waits when the host is killed or closed is answered by the next one, once and in order", async () => {
  const [transcript, waiting] = [createMemoryTranscript(), createMemoryWaiting()];
  const rows = async () => (await waiting.all()).map(({ runId }) => runId);
  const life = () => startTestAgent({ transcript, waiting, queue: { mode: "followup", debounceMs: 0 } });
  {
    await using agent = await life();
    const word = agent.until(({ event }) => event.type === "message_update");
    await send(agent, "r1", "[[pace:20]] [[tokens:100]]");
    await word;
    await send(agent, "r2", "[[say:second]]");
    await send(agent, "r3", "[[say:third]]");
    await send(agent, "r4", "[[say:fourth]]");
    assert.deepEqual(await rows(), ["r2", "r3", "r4"], "kept before it was told");
    await agent.chat.abort("main", "r4");
    assert.deepEqual(await rows(), ["r2", "r3"], "what was taken back is not");
  }
  await using agent = await life();
  const ended = agent.until(isEnd("r3"));
  await agent.chat.resume();
  await ended;
  assert.deepEqual(said(agent).slice(-4), [
    "user: [[say:second]]",
    "assistant: second",
    "user: [[say:third]]",
    "assistant: third",
  ]);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(await rows(), []);
  await agent.chat.resume();
  assert.equal((await send(agent, "r2", "[[say:second]]")).status, "ok");
});

test("a message that cannot be kept is refused, and the one before it goes on", async () => {
  const full = { ...createMemoryWaiting(), keep: () => Promise.reject(new Error("the disk is full")) };
  await using agent = await startTestAgent({ waiting: full });
  const word = agent.until(({ event }) => event.type === "message_update");
  const ended = agent.until(isEnd("r1"));
  await send(agent, "r1", "[[pace:10]] [[tokens:5]]");
  await word;
  await assert.rejects(send(agent, "r2", "second"), /the disk is full/);
  await ended;
  assert.deepEqual(said(agent).length, 2);
});
