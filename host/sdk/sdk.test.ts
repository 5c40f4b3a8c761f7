/** What an author can count on: the names that the SDK exports, and that each is documented. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as sdk from "./sdk.ts";
import * as testing from "./testing.ts";

const folder = import.meta.dirname;

test("the SDK exports these functions and no other", () => {
  assert.deepEqual(Object.keys(sdk).sort(), [
    "defineChannel",
    "defineRoutes",
    "defineSkill",
    "defineTool",
    "defineTools",
    "forManifest",
  ]);
});

test("the testing kit exports these and no other", () => {
  assert.deepEqual(Object.keys(testing).sort(), [
    "AssertionError",
    "assert",
    "checkChannel",
    "checkTool",
    "test",
    "testRun",
  ]);
});

/** The statement that exports `name`, with the comment that stands before it. */
function docOf(name: string, text: string): string | null {
  const declared = new RegExp(
    `((?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\s*)?)export (?:declare )?(?:async )?(?:function|const|class|interface|type) ${name}\\b`,
  ).exec(text);
  return declared === null ? null : (declared[1] ?? "");
}

test("everything that is exported says what it is", () => {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.includes(".test"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const barrels = ["sdk.ts", "testing.ts"].map((name) => readFileSync(join(folder, name), "utf8"));
  const names = barrels.flatMap((text) =>
    [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
      list.split(",").flatMap((one) => one.replace(/^\s*type /, "").trim() || []),
    ),
  );
  assert.ok(names.length > 40, `only ${names.length} names were seen`);
  const silent = names.filter((name) => {
    const docs = sources.map((text) => docOf(name, text)).filter((doc) => doc !== null);
    return docs.every((doc) => doc === "");
  });
  assert.deepEqual(silent, []);
});
