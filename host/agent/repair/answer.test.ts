/** Calls as small models write them: what is repaired, what is answered with an error, and what is left alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NO_USAGE, type AssistantMessage, type ToolCallPart } from "#host/base/message.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { ModelTool } from "#host/llm/provider.ts";
import { fitArguments } from "./arguments.ts";
import { repairAnswer } from "./answer.ts";
import { looseObject } from "./text.ts";

const READ: ModelTool = {
  name: "read",
  description: "",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string" },
      line: { type: "integer" },
      follow: { type: "boolean" },
      mode: { type: "string", enum: ["text", "image"] },
      only: { type: "array", items: { type: "string" } },
      where: { type: ["object", "null"] },
    },
    required: ["path"],
  },
};
const OFFERED = [READ, { name: "roll", description: "", parameters: { type: "object", properties: {} } }];

function answer(content: AssistantMessage["content"]): AssistantMessage {
  const frame = { api: "", provider: "", model: "", usage: NO_USAGE, timestamp: 0 };
  return { role: "assistant", content, stopReason: "stop", ...frame };
}

function repair(name: string, given: JsonObject | string) {
  const args = typeof given === "string" ? {} : given;
  const call: ToolCallPart = { type: "toolCall", id: "c", name, arguments: args };
  const malformed = new Map(typeof given === "string" ? [["c", given]] : []);
  const { calls, repairs, refusals } = repairAnswer(
    { message: answer([call]), calls: [call], malformed },
    OFFERED,
  );
  return { call: calls[0], repairs: repairs.get("c") ?? [], refused: refusals.get("c") ?? null };
}

const spoken = (text: string) =>
  repairAnswer(
    { message: answer([{ type: "text", text }]), calls: [], malformed: new Map() },
    OFFERED,
    () => "new",
  );

test("a call that is right is not touched", () => {
  const call: ToolCallPart = { type: "toolCall", id: "c", name: "read", arguments: { path: "5", extra: 1 } };
  const repaired = repairAnswer({ message: answer([call]), calls: [call], malformed: new Map() }, OFFERED);
  assert.equal(repaired.calls[0], call);
  assert.deepEqual([repaired.repairs.size, repaired.refusals.size], [0, 0]);
});

test("what has one reading is repaired, and each repair is named", () => {
  const whole = { path: "a.txt", line: 5, follow: true, mode: "text", only: ["x"], where: { a: 1 } };
  const written = { Path: "a.txt", line: "5", follow: "True", mode: "TEXT", only: '["x"]', where: '{"a":1}' };
  const { call, repairs, refused } = repair("READ", written);
  assert.equal(refused, null);
  assert.deepEqual([call?.name, call?.arguments], ["read", whole]);
  assert.equal(repairs.length, 7);
  assert.ok(repairs.includes('"READ" is "read"') && repairs.includes('"line" is 5'));
});

for (const [what, text] of [
  ["a code fence", '```json\n{"path": "a.txt"}\n```'],
  ["words around", 'Sure! {"path": "a.txt"} is what I need.'],
  ["a comma too many", '{"path": "a.txt",}'],
  ["single quotes", "{'path': 'a.txt'}"],
  ["names without quotes", '{path: "a.txt"}'],
  ["JSON in JSON", JSON.stringify('{"path": "a.txt"}')],
  ["a wrapper", '{"arguments": {"path": "a.txt"}}'],
] as const) {
  test(`arguments with ${what} are read`, () => {
    const { call, repairs } = repair("read", text);
    assert.deepEqual(call?.arguments, { path: "a.txt" });
    assert.ok(repairs.length > 0);
  });
}

test("what has no reading, or more than one, is answered with an error that shows what the tool takes", () => {
  for (const [given, said] of [
    ["roll six", /not a JSON object: roll six.*It takes: \{"type":"object"/],
    ['{"path": "a"} {"path": "b"}', /not a JSON object/],
    [{}, /"path" is missing\. It takes: .*"required":\["path"\]/],
    [{ path: "a", line: "five" }, /"line" must be integer/],
    [{ path: "a", line: "007" }, /"line" must be integer/],
    [{ path: "a", line: 1.5 }, /"line" must be integer/],
    [{ path: "a", mode: "video" }, /"mode" must be one of \["text","image"\]/],
    [{ path: null }, /"path" must be string/],
    [{ path: "a", only: "x, y" }, /"only" must be array/],
  ] as const) {
    const { refused } = repair("read", given as JsonObject | string);
    assert.match(refused ?? "not refused", said, JSON.stringify(given));
  }
  assert.match(repair("reed", { path: "a" }).refused ?? "", /no such tool\. Tools: read, roll/);
});

test("an answer that is nothing but one call in text is that call", () => {
  for (const text of [
    '{"name": "read", "arguments": {"path": "a.txt"}}',
    '```json\n{"name": "read", "parameters": {"path": "a.txt"}}\n```',
    '<tool_call>{"name": "read", "arguments": {"path": "a.txt"}}</tool_call>',
  ]) {
    const { calls, message, repairs } = spoken(text);
    assert.deepEqual(
      calls,
      [{ type: "toolCall", id: "new", name: "read", arguments: { path: "a.txt" } }],
      text,
    );
    assert.deepEqual([message.content, message.stopReason], [calls, "toolUse"]);
    assert.deepEqual(repairs.get("new"), ["the call was written as text"]);
  }
});

test("text that only looks like a call stays text", () => {
  for (const text of [
    'You could call it so: {"name": "read", "arguments": {"path": "a.txt"}}',
    '{"name": "read", "arguments": {"path": "a.txt"}} would do it',
    '{"name": "delete", "arguments": {"path": "a.txt"}}',
    '{"name": "Read", "arguments": {"path": "a.txt"}}',
    '{"name": "read", "arguments": {}}',
    '{"name": "read", "price": 3, "arguments": {"path": "a.txt"}}',
    '{"path": "a.txt"}',
  ]) {
    assert.deepEqual(spoken(text).calls, [], text);
  }
});

test("whatever a model writes: nothing is thrown, and what fits the schema stays as it is", () => {
  const any = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(any, fc.string(), (args, text) => {
      looseObject(text);
      const given = args as JsonObject;
      fitArguments(given, READ.parameters);
      const right = { ...given, path: "a", line: 1 };
      const { value, problems } = fitArguments({ path: "a", line: 1 }, READ.parameters);
      assert.deepEqual([value, problems], [{ path: "a", line: 1 }, []]);
      assert.equal(fitArguments(right, { type: "object" }).repairs.length, 0);
    }),
  );
});
