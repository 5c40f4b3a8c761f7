import assert from "node:assert/strict";
import { test } from "node:test";
import { createDemo } from "./demo.ts";
import { parseDemoCommand } from "./demo-command.ts";
import type { ModelTool } from "./provider.ts";
import { failureOf, read, request, ROLL, user } from "./provider.fixture.ts";

const demo = createDemo({ wordDelayMs: 0 });
const FETCH: ModelTool = {
  name: "web_fetch",
  description: "Fetch a page",
  parameters: {
    type: "object",
    properties: { raw: { type: "boolean" }, url: { type: "string" } },
    required: ["url"],
  },
};
const tools = [ROLL, FETCH];

test("it says that it is a demo and how to get a real model, word by word", async () => {
  const answer = await read(demo, request("Hello, who are you?"));
  assert.match(answer.text, /built-in \*\*demo\*\* model/);
  assert.match(answer.text, /ollama pull llama3\.2/);
  assert.ok(answer.events.length > 30, "it streams");
});

for (const [text, name, args] of [
  ["/roll", "roll", {}],
  ["/roll sides=20", "roll", { sides: 20 }],
  ["/roll 20", "roll", { sides: 20 }],
  ["/ROLL 20", "roll", { sides: 20 }],
  ['/tool roll {"sides": 20}', "roll", { sides: 20 }],
  ["use roll with sides=20", "roll", { sides: 20 }],
  ["/web_fetch https://example.org/?a=b", "web_fetch", { url: "https://example.org/?a=b" }],
  ['/web_fetch url="https://x.org/a b" raw=true', "web_fetch", { url: "https://x.org/a b", raw: true }],
] as const) {
  test(`"${text}" calls ${name}`, async () => {
    const answer = await read(demo, request(text, { tools }));
    assert.deepEqual(
      answer.calls.map(({ call }) => [call.name, call.arguments]),
      [[name, args]],
    );
    assert.equal(answer.last?.type === "done" && answer.last.stopReason, "toolUse");
  });
}

test("what reads like talk is talk, and what reads like a command for no tool says so", () => {
  assert.equal(parseDemoCommand("use common sense please", tools).kind, "talk");
  assert.equal(parseDemoCommand("what is 1/2?", tools).kind, "talk");
  assert.equal(parseDemoCommand("/dance", tools).kind, "unknown-tool");
  assert.equal(parseDemoCommand("help", tools).kind, "help");
  assert.equal(parseDemoCommand('/roll {"sides": ', tools).kind, "bad-arguments");
  assert.equal(parseDemoCommand("/roll 1 2 3", tools).kind, "bad-arguments");
});

test("help lists each tool with its parameters", async () => {
  const { text } = await read(demo, request("help", { tools }));
  assert.match(text, /`\/roll sides=…` Roll a die/);
  assert.match(text, /`\/web_fetch url=… raw=…` Fetch a page/);
});

test("a tool's result is quoted, and its failure named as one", async () => {
  const call = { type: "toolCall", id: "c1", name: "roll", arguments: {} } as const;
  const usage = { input: 0, output: 0, totalTokens: 0 };
  const asked = {
    role: "assistant",
    content: [call],
    stopReason: "toolUse",
    api: "demo",
    provider: "demo",
    model: "demo",
    usage,
    timestamp: 0,
  } as const;
  const result = (isError: boolean) =>
    ({
      role: "toolResult",
      toolCallId: "c1",
      toolName: "roll",
      content: [{ type: "text", text: "rolled\n4" }],
      isError,
      timestamp: 0,
    }) as const;
  const ok = await read(demo, request("", { tools, messages: [user("/roll"), asked, result(false)] }));
  assert.equal(ok.text, "The tool `roll` answered:\n\n> rolled\n> 4");
  const bad = await read(demo, request("", { tools, messages: [user("/roll"), asked, result(true)] }));
  assert.match(bad.text, /^The tool `roll` failed:/);
  assert.deepEqual(bad.calls, []);
});

test("an abort ends it at once", async () => {
  const controller = new AbortController();
  const slow = createDemo({ wordDelayMs: 60_000 });
  const reading = read(slow, request("hello", { signal: controller.signal }));
  controller.abort();
  assert.equal(failureOf(await reading)?.code, "aborted");
});
