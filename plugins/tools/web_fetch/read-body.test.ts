import assert from "node:assert/strict";
import { test } from "node:test";
import { readBody } from "./read-body.ts";

test("a body of exactly the size is whole, one more byte is told", async () => {
  assert.deepEqual(await readBody(new Response("abcd"), 4), {
    bytes: new TextEncoder().encode("abcd"),
    cut: null,
  });
  const { bytes, cut } = await readBody(new Response("abcde"), 4);
  assert.equal(bytes.length, 4);
  assert.match(cut ?? "", /is larger than/);
});

test("a body that never ends gives what came by its time", async () => {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1, 2])) });
  const { bytes, cut } = await readBody(new Response(body), 1_000, 50);
  assert.deepEqual([...bytes], [1, 2]);
  assert.equal(cut, "took more than 0.05 s");
});
