import assert from "node:assert/strict";
import { test } from "node:test";
import { indented, table } from "./print.ts";

test("a cell or a line stays one, whatever an author wrote into it", () => {
  const hostile = "1.0\n  holds:\u001b[8m\u202e";
  assert.deepEqual(table([["a", hostile, "c"]]), ["a  1.0\\u000a  holds:\\u001b[8m\\u202e  c"]);
  assert.deepEqual(indented([hostile]), ["  1.0\\u000a  holds:\\u001b[8m\\u202e"]);
});
