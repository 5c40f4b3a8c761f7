import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { PIPE } from "#host/base/limits.ts";
import { Gatherer } from "./gather.ts";

function gathered() {
  const writes: string[] = [];
  const gatherer = new Gatherer((bytes, written) => {
    writes.push(new TextDecoder().decode(bytes));
    written?.();
  });
  const add = (text: string, written?: () => void) => gatherer.add(new TextEncoder().encode(text), written);
  return { writes, add };
}

test("the first frame of a turn goes at once, the others together at its end, in order", async () => {
  const { writes, add } = gathered();
  for (const text of ["a", "b", "c"]) add(text);
  assert.deepEqual(writes, ["a"]);
  await setImmediate();
  assert.deepEqual(writes, ["a", "bc"]);
  add("d");
  assert.deepEqual(writes, ["a", "bc", "d"]);
});

test("a large frame goes by itself, behind what was gathered before it", async () => {
  const { writes, add } = gathered();
  const large = "x".repeat(10_000);
  for (const text of ["a", "b", large, "c"]) add(text);
  assert.deepEqual(writes, ["a", "b", large]);
  await setImmediate();
  assert.deepEqual(writes, ["a", "b", large, "c"]);
});

test("no more is gathered than a chunk's worth, and everybody is told when theirs was written", async () => {
  const { writes, add } = gathered();
  let told = 0;
  for (let at = 0; at < 100; at++) add("x".repeat(1_000), () => told++);
  assert.ok(writes.every((text) => text.length < PIPE.chunkBytes + 1_000));
  assert.equal(told, writes.join("").length / 1_000);
  await setImmediate();
  assert.equal(told, 100);
});
