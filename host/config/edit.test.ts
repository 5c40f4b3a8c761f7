import assert from "node:assert/strict";
import { test } from "node:test";
import { withPrimaryModel } from "./edit.ts";
import { writeFirstConfig } from "./first-start.ts";
import { parseConfig } from "./parse.ts";
import { temporaryState } from "./temporary-state.fixture.ts";
import { readFile } from "node:fs/promises";

test("the first configuration takes a model and keeps every other line of it", async () => {
  await using state = await temporaryState();
  writeFirstConfig(state.paths, () => "secret");
  const before = await readFile(state.paths.config, "utf8");
  const after = withPrimaryModel(before, "ollama/llama3.2");
  assert.deepEqual(parseConfig(after).file.agents?.defaults?.model, { primary: "ollama/llama3.2" });
  const lines = new Set(after.split("\n"));
  for (const line of before.split("\n")) assert.ok(lines.has(line), line);
});

test("a model that is written anywhere is changed where it is written, with comments and fallbacks kept", () => {
  const cases = [
    ['{agents: {defaults: {model: "a/b" /* mine */}}}', '{agents: {defaults: {model: "c/d" /* mine */}}}'],
    [
      '{"agents": {"defaults": {"model": {"primary": "a/b", "fallbacks": ["x/y"]}}}}',
      '{"agents": {"defaults": {"model": {"primary": "c/d", "fallbacks": ["x/y"]}}}}',
    ],
    ['{agents: {entries: {main: {model: "a/b"}}}}', '{agents: {entries: {main: {model: "c/d"}}}}'],
    [
      '{agents: {list: [{id: "x", model: "q/r"}, {id: "main", model: "a/b"}]}}',
      '{agents: {list: [{id: "x", model: "q/r"}, {id: "main", model: "c/d"}]}}',
    ],
  ] as const;
  for (const [before, after] of cases) assert.equal(withPrimaryModel(before, "c/d"), after);
});

test("a broken file and a broken name change nothing", () => {
  assert.throws(() => withPrimaryModel("{agents: ", "a/b"), { code: "config.invalid" });
  assert.throws(() => withPrimaryModel("{}", "no-slash"), { code: "config.invalid" });
});
