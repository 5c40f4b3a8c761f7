/** When text leaves, with a clock in the test's hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DeltaPacer, type Paced } from "./delta-pacer.ts";

const LIMITS = { deltaIntervalMs: 15, deltaCharsPerMs: 400 };

function pacer() {
  let now = 1000;
  const sent: Paced[] = [];
  const clock = { now: () => now, monotonic: () => now };
  const subject = new DeltaPacer<Paced>(clock, LIMITS, (item) => sent.push(item));
  return { subject, sent, wait: (ms: number) => void (now += ms) };
}

const text = (chars: number): Paced => ({ chars: () => chars, sentAt: Number.NEGATIVE_INFINITY });

test("the first piece leaves at once, the next waits, and a flush does not", () => {
  const { subject, sent } = pacer();
  const item = text(10);
  subject.more(item);
  assert.equal(sent.length, 1);
  subject.more(item);
  subject.more(item);
  assert.equal(sent.length, 1);
  subject.flush(item);
  subject.flush(item);
  assert.equal(sent.length, 2);
});

test("long texts leave less often", () => {
  const { subject, sent, wait } = pacer();
  const long = text(40_000);
  subject.more(long);
  wait(50);
  subject.more(long);
  assert.equal(sent.length, 1, "40,000 characters wait for 100 ms");
  subject.flush(long);
  wait(101);
  subject.more(long);
  assert.equal(sent.length, 3);
  subject.stop();
});
