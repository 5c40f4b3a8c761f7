import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeBudget } from "./time-budget.ts";

test("a budget of time is spent, overdrawn, and refilled up to its burst", () => {
  let now = 0;
  const budget = new TimeBudget(20, 100, () => now);
  budget.spend(19);
  assert.equal(budget.has(), true);
  budget.spend(31);
  assert.equal(budget.has(), false);
  now = 299;
  assert.equal(budget.has(), false);
  now = 301;
  assert.equal(budget.has(), true);
  now = 100_000;
  assert.equal(budget.has(), true);
  budget.spend(20);
  assert.equal(budget.has(), false);
});
