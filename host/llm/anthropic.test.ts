import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAnthropicCounterpart } from "./anthropic.counterpart.ts";
import { createAnthropic } from "./anthropic.ts";
import type { Counterpart } from "./counterpart-http.ts";
import type { ModelProvider } from "./provider.ts";
import { fixedKey } from "./keys.ts";
import { failureOf, read, request, ROLL, user } from "./provider.fixture.ts";

let server: Counterpart;
let provider: ModelProvider;
before(async () => {
  server = await startAnthropicCounterpart("sk-ant-right");
  provider = createAnthropic({ address: server.address, keys: fixedKey("sk-ant-right") });
});
after(() => server.close());

test("an answer streams with thinking and usage", async () => {
  const answer = await read(provider, request("[[think:2]] [[tokens:3]]"));
  assert.equal(answer.thinking, "think0 think1");
  assert.equal(answer.text, "tok0 tok1 tok2");
  assert.deepEqual(answer.last, {
    type: "done",
    stopReason: "stop",
    usage: { input: 10, output: 3, totalTokens: 13 },
  });
});

test("arguments that come in pieces are put together", async () => {
  const answer = await read(
    provider,
    request('[[tool:roll {"sides":6}]] [[raw:roll {"sides":]]', { tools: [ROLL] }),
  );
  assert.deepEqual(
    answer.calls.map(({ call, malformed }) => [call.id, call.name, call.arguments, malformed]),
    [
      ["toolu_0", "roll", { sides: 6 }, undefined],
      ["toolu_1", "roll", {}, '{"sides":'],
    ],
  );
  const body = server.requests.at(-1)?.body;
  assert.deepEqual(body?.tools, [{ name: "roll", description: "Roll a die", input_schema: ROLL.parameters }]);
  assert.equal(body?.system, "Be brief.");
});

test("results of one answer's tools go back together, and empty texts are left out", async () => {
  const call = (id: string) => ({ type: "toolCall", id, name: "roll", arguments: {} }) as const;
  const usage = { input: 0, output: 0, totalTokens: 0 };
  const result = (id: string) =>
    ({
      role: "toolResult",
      toolCallId: id,
      toolName: "roll",
      content: [{ type: "text", text: "4" }],
      isError: false,
      timestamp: 0,
    }) as const;
  const messages = [
    user("roll twice"),
    {
      role: "assistant",
      content: [{ type: "text", text: "" }, call("a"), call("b")],
      stopReason: "toolUse",
      api: "x",
      provider: "x",
      model: "x",
      usage,
      timestamp: 0,
    } as const,
    result("a"),
    result("b"),
    user("and?"),
  ];
  const answer = await read(provider, request("", { messages }));
  assert.equal(answer.last?.type, "done", JSON.stringify(answer.last));
  const sent = server.requests.at(-1)?.body.messages as { role: string; content: { type: string }[] }[];
  assert.deepEqual(
    sent.map((message) => [message.role, message.content.map((part) => part.type)]),
    [
      ["user", ["text"]],
      ["assistant", ["tool_use", "tool_use"]],
      ["user", ["tool_result", "tool_result", "text"]],
    ],
  );
});

test("each failure has its own code, and the key stands in none", async () => {
  const codeOf = async (text: string) => failureOf(await read(provider, request(text)))?.code;
  assert.equal(await codeOf("[[error]]"), "model.refused");
  assert.equal(await codeOf("[[die]]"), "model.broken");
  const wrong = createAnthropic({ address: server.address, keys: fixedKey("sk-ant-wrong") });
  const failure = failureOf(await read(wrong, request("hi")));
  assert.equal(failure?.fix, "Check its API key");
  assert.ok(!JSON.stringify(failure).includes("sk-ant"));
});

test("models are listed", async () => {
  const models = await provider.listModels(new AbortController().signal);
  assert.deepEqual(
    models.map((model) => model.id),
    ["claude-fake-opus", "claude-fake-sonnet"],
  );
});
