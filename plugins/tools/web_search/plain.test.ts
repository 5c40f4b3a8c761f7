import assert from "node:assert/strict";
import { test } from "node:test";
import { oneLine, plain } from "./plain.ts";

test("a title in HTML is one line of text, without marks and without letters that nobody sees", () => {
  assert.equal(plain("  A <strong>b</strong> &amp;\n c\u{E0041}\u202E d"), "A b & c d");
  assert.equal(plain("1 < 2 <b"), "1 < 2");
});

test("a snippet is cut where it would fill the answer", () => {
  assert.equal(oneLine("x".repeat(10_000)).length, 600);
});
