import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeBinary } from "#host/sandbox/sandboxes-for-tests.ts";
import { NODE_MODULES, PACKAGES } from "./table.ts";

const fileOf = (name: string) => fileURLToPath(new URL(`./${name.replaceAll("/", "-")}.ts`, import.meta.url));

test("every module of the sandbox's Node stands in the table, and none besides", () => {
  const print = 'console.log(JSON.stringify(require("node:module").builtinModules))';
  const all = JSON.parse(execFileSync(nodeBinary, ["-e", print], { encoding: "utf8" })) as string[];
  const expected = all.filter((name) => !name.startsWith("_")).sort();
  const found = NODE_MODULES.map(({ name, prefixOnly }) => (prefixOnly === true ? `node:${name}` : name));
  assert.deepEqual(found.sort(), expected);
});

test("what is not full says why, and what is there has a shim", () => {
  for (const { name, state, note } of NODE_MODULES) {
    assert.equal(note === "", state === "full", name);
    assert.equal(existsSync(fileOf(name)), state !== "throws", name);
  }
  for (const { file } of PACKAGES) assert.ok(existsSync(fileOf(file)), file);
});
