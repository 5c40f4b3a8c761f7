import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startSandbox, toolCode, type TestSandbox } from "./sandbox-for-tests.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.stop());

const DICE = toolCode(
  "roll",
  "async ({ sides }) => `rolled ${1 + Math.floor(Math.random() * (sides ?? 6))}`",
  { type: "object", properties: { sides: { type: "number" } } },
);

test("a tool is described and called", async () => {
  const isolate = await sandbox.open(DICE, { name: "dice" });
  const described = await sandbox.call(isolate, { entry: "describe", name: "" });
  assert.deepEqual(described.ok && described.value, {
    kind: "tool",
    tools: [
      {
        name: "roll",
        description: "A test's tool",
        parameters: { type: "object", properties: { sides: { type: "number" } } },
      },
    ],
  });
  assert.match(await sandbox.text(isolate, { name: "roll", args: { sides: 1 } }), /^rolled 1$/);
});
