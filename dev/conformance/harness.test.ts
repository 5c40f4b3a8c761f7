/** The harness itself: which outcome a test gets. Run here, outside of any suite. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { is, rejectsDom, same, throws, throwsDom } from "./assertions.ts";
import { runTests, skip, surroundings, test as declare } from "./harness.ts";

test("each test gets its outcome: passed, failed with a reason, skipped with a reason", async () => {
  declare("holds", () => is(1, 1));
  declare("breaks", () => is(1, 2));
  declare("breaks later", () => Promise.reject(new TypeError("no")));
  declare("knows where it runs", () => is(surroundings().server, "http://x"));
  declare("throws what is no error", () => {
    throw null;
  });
  skip("cannot run", "there is no moon");
  assert.deepEqual(await runTests({ where: "node", server: "http://x" }), [
    { title: "holds", state: "passed" },
    { title: "breaks", state: "failed", reason: "Error: the value is 1, expected 2" },
    { title: "breaks later", state: "failed", reason: "TypeError: no" },
    { title: "knows where it runs", state: "passed" },
    { title: "throws what is no error", state: "failed", reason: "thrown: null" },
    { title: "cannot run", state: "skipped", reason: "there is no moon" },
  ]);
});

test("equality in depth tells types, keys and bytes apart", () => {
  same({ a: [1, new Map([["k", new Uint8Array([1])]])] }, { a: [1, new Map([["k", new Uint8Array([1])]])] });
  const different: [unknown, unknown][] = [
    [[1], [1, 2]],
    [{ a: undefined }, {}],
    [new Uint8Array([1]), new Uint8Array([2])],
    [new Uint8Array([1]), [1]],
    [new Date(0), new Date(1)],
    [0, -0],
  ];
  for (const [left, right] of different) assert.throws(() => same(left, right), /expected/);
});

test("an assertion of an error wants that error: its class, its name, a DOMException with its code", async () => {
  throws(TypeError, () => Reflect.get(null as never, "x"));
  throwsDom("DataCloneError", () => structuredClone(() => {}));
  await rejectsDom("AbortError", Promise.reject(new DOMException("", "AbortError")));
  assert.throws(() => throws(TypeError, () => {}), /nothing was thrown/);
  assert.throws(() => throws(RangeError, () => Reflect.get(null as never, "x")), /expected a RangeError/);
  assert.throws(
    () =>
      throwsDom("AbortError", () => {
        throw Object.assign(new Error("fake"), { name: "AbortError" });
      }),
    /no DOMException/,
  );
});
