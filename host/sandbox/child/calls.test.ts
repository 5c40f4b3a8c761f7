import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { SANDBOX } from "#host/base/limits.ts";
import { startSandbox, toolCode, type TestSandbox } from "./sandbox-for-tests.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.stop());

const SIDES = { type: "object", properties: { sides: { type: "number" } }, required: ["sides"] };
const DICE = toolCode(
  "roll",
  "async ({ sides }) => `rolled ${1 + Math.floor(Math.random() * sides)}`",
  SIDES,
);

test("a tool is described and called", async () => {
  const isolate = await sandbox.open(DICE, { name: "dice" });
  const described = await sandbox.call(isolate, { entry: "describe", name: "" });
  assert.deepEqual(described.ok && described.value, {
    kind: "tool",
    tools: [{ name: "roll", description: "A test's tool", parameters: SIDES }],
  });
  assert.equal(await sandbox.text(isolate, { name: "roll", args: { sides: 1 } }), "rolled 1");
});

test("isolates from one snapshot do not roll the same dice", async () => {
  const rolls = await Promise.all(
    [1, 2, 3].map(async () => {
      const isolate = await sandbox.open(DICE);
      return sandbox.text(isolate, { name: "roll", args: { sides: 1e12 } });
    }),
  );
  assert.equal(new Set(rolls).size, rolls.length);
});

test("wrong arguments are told to the model by name and rule, and the tool does not run", async () => {
  const isolate = await sandbox.open(DICE);
  const wrong = await sandbox.call(isolate, { name: "roll", args: { sides: "six" } });
  assert.deepEqual(wrong.ok && wrong.value, {
    content: [
      {
        type: "text",
        text: 'Cannot run "roll": argument "sides": Instance type "string" is invalid. Expected "number"',
      },
    ],
    isError: true,
  });
  const missing = await sandbox.text(isolate, { name: "roll", args: {} });
  assert.match(missing, /^Cannot run "roll": .*required property "sides"/);
});

test("a valibot schema is described as JSON Schema, checked, and its output is what the tool gets", async () => {
  const source = `
    import { defineTool } from "openclaw/sdk";
    import * as v from "valibot";
    export default defineTool({
      name: "greet",
      description: "Greets",
      parameters: v.object({ who: v.pipe(v.string(), v.maxLength(5)), loud: v.optional(v.boolean(), true) }),
      execute: ({ who, loud }, ctx) => ctx.config.word + " " + who + (loud ? "!" : ""),
    });`;
  const isolate = await sandbox.open(await bundle(source), { config: { word: "hello" } });
  const described = await sandbox.call(isolate, { entry: "describe", name: "" });
  assert.deepEqual(described.ok && described.value, {
    kind: "tool",
    tools: [
      {
        name: "greet",
        description: "Greets",
        parameters: {
          type: "object",
          properties: { who: { type: "string", maxLength: 5 }, loud: { type: "boolean", default: true } },
          required: ["who"],
        },
      },
    ],
  });
  assert.equal(await sandbox.text(isolate, { name: "greet", args: { who: "world" } }), "hello world!");
  const refused = await sandbox.text(isolate, { name: "greet", args: { who: "everybody" } });
  assert.match(refused, /^Cannot run "greet": argument "who": Invalid length/);
});

test("an error that a tool throws comes back in the author's terms, with the plugin's own lines only", async () => {
  const isolate = await sandbox.open(toolCode("run", "() => { throw new RangeError('no such side') }"), {
    name: "dice",
  });
  const result = await sandbox.call(isolate);
  assert.ok(!result.ok);
  assert.equal(result.error.name, "RangeError");
  assert.equal(result.error.message, "no such side");
  assert.match(result.error.stack ?? "", /^ +at .*plugin:dice:1:\d+/);
  assert.doesNotMatch(result.error.stack ?? "", /edge:runtime|\/|isolated-vm/);
});

test("what a tool may not return is an error that says what it may", async () => {
  const isolate = await sandbox.open(
    toolCode("run", "({ kind }) => ({ number: 1, nothing: undefined }[kind])"),
  );
  for (const [kind, type] of [
    ["number", "number"],
    ["nothing", "undefined"],
  ] as const) {
    const result = await sandbox.call(isolate, { args: { kind } });
    assert.match(result.ok ? "" : result.error.message, new RegExp(`returned \\(${type}\\): return a text`));
  }
});

test("a result past the limit is the tool's failure, and the isolate lives on", async () => {
  const isolate = await sandbox.open(toolCode("run", "({ size }) => '\\u00e9'.repeat(size)"));
  const result = await sandbox.call(isolate, { args: { size: SANDBOX.maxResultBytes } });
  assert.match(result.ok ? "" : result.error.message, /bytes, the limit is/);
  assert.equal((await sandbox.text(isolate, { args: { size: SANDBOX.maxResultBytes / 4 } })).length, 262_144);
});

test("details nested too deep for the pipe fail the call alone", async () => {
  const execute =
    "({ depth }) => { let d = {}; for (let i = 0; i < depth; i++) d = { d }; return { content: [], details: d } }";
  const isolate = await sandbox.open(toolCode("run", execute));
  const deep = await sandbox.call(isolate, { args: { depth: 1_000 } });
  assert.match(deep.ok ? "" : deep.error.message, /Cannot hand on the result/);
  assert.equal((await sandbox.call(isolate, { args: { depth: 3 } })).ok, true);
});

test("who waits for a call's result hears of its isolate's crash", async () => {
  const isolate = await sandbox.open(toolCode("run", "() => { for (;;); }"));
  await assert.rejects(sandbox.call(isolate, { cpuSliceMs: 50 }), /crashed before "result" came: It ran for/);
});

test("an abort fires the call's signal with its reason", async () => {
  const execute = `(_, ctx) => new Promise((resolve) => {
    ctx.signal.addEventListener("abort", () => resolve(ctx.signal.reason.name + ": " + ctx.signal.reason.message));
    ctx.update("waiting");
  })`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const { frame } = await sandbox.next("update");
  assert.deepEqual(frame, { t: "update", isolate, call, text: "waiting" });
  sandbox.send({ t: "abort", isolate, call, reason: "The owner stopped it" });
  const result = await sandbox.result(call);
  assert.match(JSON.stringify(result), /AbortError: The owner stopped it/);
});

test("calls of one isolate run side by side", async () => {
  const execute = `({ wait }) => new Promise((resolve) => setTimeout(() => resolve(String(wait)), wait))`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const slow = sandbox.start(isolate, { args: { wait: 200 } });
  const quick = sandbox.start(isolate, { args: { wait: 1 } });
  const { frame } = await sandbox.next("result");
  assert.equal(frame.call, quick);
  assert.equal((await sandbox.result(slow)).ok, true);
});

test("code that does not load says why, where the author can find it", async () => {
  const open = (code: string) => sandbox.open(code, { name: "broken" }).then(() => "opened", String);
  assert.match(await open("var __plugin = {"), /SyntaxError: .*plugin:broken:1/);
  assert.match(await open("throw new Error('at the top')"), /Error: at the top/);
  assert.match(await open("var __plugin = { default: { kind: 'tool' } }"), /not made by defineTool/);
  assert.match(await open(toolCode("run", "42")), /Cannot use the tool "run": it has no execute function/);
});

/** As the registry bundles a plugin. */
async function bundle(contents: string): Promise<string> {
  const root = new URL("../../..", import.meta.url).pathname;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    alias: { "openclaw/sdk": `${root}/host/sdk/sdk.ts` },
    bundle: true,
    format: "iife",
    globalName: "__plugin",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
