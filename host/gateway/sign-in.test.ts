/** Guards against guessing, with a clock in the test's hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSignIn } from "./sign-in.ts";
import { createTickets } from "./tickets.ts";

function testClock() {
  let time = 1_000_000;
  return { now: () => time, monotonic: () => time, pass: (ms: number) => void (time += ms) };
}

test("after too many wrong tokens even the right one waits, and a minute later it works again", () => {
  const clock = testClock();
  const signIn = createSignIn({ token: "right", clock, failuresPerMinute: 2 });
  assert.equal(signIn.check("right"), "ok");
  assert.equal(signIn.check("wrong"), "mismatch");
  clock.pass(20_000);
  assert.equal(signIn.check("wrong"), "mismatch");
  assert.equal(signIn.check("right"), "limited");
  assert.equal(signIn.retryAfterMs(), 40_000);
  clock.pass(40_000);
  assert.equal(signIn.check("right"), "ok");
});

test("a token that only begins right is wrong, whatever its length", () => {
  const signIn = createSignIn({ token: "right", clock: testClock(), failuresPerMinute: 100 });
  for (const given of ["", "r", "righ", "right ", "rightright"])
    assert.equal(signIn.check(given), "mismatch", given);
});

test("a ticket works once, until it is too old, and only so many wait at a time", () => {
  const clock = testClock();
  const tickets = createTickets({ clock, ttlMs: 1000, maxOpen: 2 });
  const [first, second, third] = [tickets.mint(), tickets.mint(), tickets.mint()];
  assert.equal(tickets.redeem(first.ticket), false, "the oldest made room");
  assert.equal(tickets.redeem(second.ticket), true);
  assert.equal(tickets.redeem(second.ticket), false);
  assert.equal(third.expiresAt, clock.now() + 1000);
  clock.pass(1000);
  assert.equal(tickets.redeem(third.ticket), false);
});
