/** Runs that go in a circle are told so once and ended; runs that make progress are left alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf, type ToolCallPart, type ToolResultMessage } from "#host/base/message.ts";
import { startTestAgent } from "./chat.fixture.ts";
import { createLoopWatch } from "./loops.ts";

const call = (name: string, args = {}): ToolCallPart => ({
  type: "toolCall",
  id: "c",
  name,
  arguments: args,
});
const result = (text: string): ToolResultMessage => ({
  role: "toolResult",
  toolCallId: "c",
  toolName: "t",
  content: [{ type: "text", text }],
  isError: false,
  timestamp: 0,
});

const verdicts = (steps: readonly (readonly [string, object, string])[]) => {
  const watch = createLoopWatch(3);
  return steps.map(([name, args, said]) => watch.step([call(name, args)], [result(said)]));
};

test("the same call with the same result is told at the third time and ended at the fourth", () => {
  const same = ["read", { a: 1, b: 2 }, "x"] as const;
  const other = ["read", { b: 2, a: 1 }, "x"] as const;
  assert.deepEqual(verdicts([same, other, same, other]), ["fine", "fine", "tell", "end"]);
});

test("two calls in turn are a circle too", () => {
  const steps = Array.from({ length: 8 }, (_, n) => [n % 2 === 0 ? "ping" : "pong", {}, "x"] as const);
  assert.deepEqual(verdicts(steps), ["fine", "fine", "fine", "fine", "fine", "tell", "fine", "end"]);
});

test("another argument or another result is progress, also after a warning", () => {
  const poll = Array.from({ length: 9 }, (_, n) => ["status", {}, `${n} percent`] as const);
  assert.ok(verdicts(poll).every((verdict) => verdict === "fine"));
  const same = ["read", {}, "x"] as const;
  assert.deepEqual(verdicts([same, same, same, ["read", { line: 2 }, "y"], same, same]), [
    "fine",
    "fine",
    "tell",
    "fine",
    "fine",
    "fine",
  ]);
});

test("a model in a loop is told in its next request, then stopped with a clear answer", async () => {
  let runs = 0;
  const roll = () => {
    runs++;
    return "4";
  };
  await using agent = await startTestAgent({ tools: { roll } });
  const events = await agent.ask("[[loop:roll {}]]");
  assert.equal(runs, 4);
  const end = events.at(-1)?.event;
  assert.ok(end?.type === "agent_end" && end.stopReason === "error");
  assert.equal(end.error?.message, "Stopped: the model kept calling roll with the same result");
  const systems = agent.server.requests
    .filter(({ path }) => path === "/api/chat")
    .map(({ body }) => textOf((body.messages as { content: string }[])[0] ?? { content: "" }));
  assert.deepEqual(
    systems.map((text) => text.includes("You keep making the same tool calls")),
    [false, false, false, true],
  );
  const last = agent.transcript.messages("agent:main:main").at(-1);
  assert.ok(last?.role === "assistant" && last.errorMessage?.startsWith("Stopped: the model kept calling"));
});

test("a repaired call is run, marked in its event, and stored as it was run", async () => {
  const given: unknown[] = [];
  const roll = (args: unknown) => {
    given.push(args);
    return "4";
  };
  await using agent = await startTestAgent({ tools: { roll } });
  const events = await agent.ask("[[raw:Roll {'sides': 6,}]]");
  assert.deepEqual(given, [{ sides: 6 }]);
  const start = events.find(({ event }) => event.type === "tool_execution_start")?.event;
  assert.deepEqual(start?.type === "tool_execution_start" && start.repairs, [
    '"Roll" is "roll"',
    "the arguments were not valid JSON",
  ]);
  assert.match(
    JSON.stringify(agent.transcript.messages("agent:main:main")),
    /"name":"roll","arguments":\{"sides":6\}/,
  );
});
