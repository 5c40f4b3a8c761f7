import assert from "node:assert/strict";
import { test } from "node:test";
import { Allowance } from "./allowance.ts";

test("an allowance gives a burst, then as many as time brings, and never saves up more than a burst", () => {
  let now = 0;
  const allowance = new Allowance(10, () => now);
  const taken = () => Array.from({ length: 50 }, () => allowance.take()).filter(Boolean).length;
  assert.equal(taken(), 10);
  assert.equal(taken(), 0);
  now += 300;
  assert.equal(taken(), 3);
  now += 60_000;
  assert.equal(taken(), 10);
});
