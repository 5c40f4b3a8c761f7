import assert from "node:assert/strict";
import { test } from "node:test";
import { CrashLedger } from "./crash-ledger.ts";

const LIMITS = {
  crashesBeforeQuarantine: 3,
  crashWindowMs: 1_000,
  restartDelayMs: 100,
  maxRestartDelayMs: 150,
};
const dice = { id: "dice", hash: "a" };
const other = { id: "other", hash: "b" };

test("the first crash is followed by a start at once, the next ones by longer and longer waits up to a limit", () => {
  const ledger = new CrashLedger({ ...LIMITS, crashesBeforeQuarantine: 9 });
  assert.equal(ledger.delay(dice, 0), 0);
  const waits = [0, 1, 2].map((now) => {
    ledger.record([dice], "out of memory", now);
    return ledger.delay(dice, now);
  });
  assert.deepEqual(waits, [0, 100, 150]);
  assert.equal(ledger.delay(dice, 60), 92);
});

test("crashes within the window lead to quarantine, which names the last reason", () => {
  const ledger = new CrashLedger(LIMITS);
  for (const now of [0, 1, 2]) {
    assert.equal(ledger.decide(dice).allowed, true);
    ledger.record([dice], "out of memory", now);
  }
  const decision = ledger.decide(dice);
  assert.ok(decision.allowed === false && /"dice": quarantined .* out of memory$/.test(decision.reason));
  assert.equal(ledger.decide(other).allowed, true);
});

test("quarantine does not pass with time, and ends with other code", () => {
  const ledger = new CrashLedger(LIMITS);
  for (const now of [0, 1, 2]) ledger.record([dice], "loops", now);
  ledger.record([dice], "loops", 100_000);
  assert.equal(ledger.decide(dice).allowed, false);
  assert.equal(ledger.decide({ id: "dice", hash: "new" }).allowed, true);
});

test("crashes that lie further apart than the window are forgotten", () => {
  const ledger = new CrashLedger(LIMITS);
  for (const now of [0, 2_000, 4_000, 6_000]) ledger.record([dice], "once in a while", now);
  assert.equal(ledger.decide(dice).allowed, true);
  assert.equal(ledger.delay(dice, 6_000), 0);
});

test("plugins that were at work together share the blame", () => {
  const ledger = new CrashLedger(LIMITS);
  for (const now of [0, 1, 2, 3, 4]) ledger.record([dice, other], "process over its cap", now);
  assert.equal(ledger.decide(dice).allowed, true);
  ledger.record([dice, other], "process over its cap", 5);
  assert.equal(ledger.decide(dice).allowed, false);
});
