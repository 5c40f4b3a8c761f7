import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "./canonical.ts";

/** What the chain of the audit was hashed by first: the texts must stay these. */
function firstWay(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

test("the text of a value never changes, whatever its keys are called", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "10", "9", "", "é", "\u{1f600}"));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue({ maxDepth: 0 }),
      fc.constant(undefined),
      fc.array(tie("value")),
      fc.dictionary(key, tie("value")),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => assert.equal(canonicalJson(one), firstWay(one))),
    { numRuns: 2_000 },
  );
});

test("the order of keys makes no difference", () => {
  const entries = fc.array(fc.tuple(fc.string(), fc.jsonValue()), { maxLength: 8 });
  fc.assert(
    fc.property(entries, (pairs) => {
      const once = Object.fromEntries(pairs);
      const turned = Object.fromEntries(Object.entries(once).reverse());
      assert.equal(canonicalJson(once), canonicalJson(turned));
    }),
  );
});
