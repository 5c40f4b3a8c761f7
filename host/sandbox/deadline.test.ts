import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { Deadline } from "./deadline.ts";

/** Resolves with the milliseconds until the deadline fired. */
function timed(ms: number): { deadline: Deadline; fired: Promise<number> } {
  const { promise, resolve } = Promise.withResolvers<number>();
  const start = performance.now();
  return {
    deadline: new Deadline(systemClock, ms, () => resolve(performance.now() - start)),
    fired: promise,
  };
}

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a deadline fires after its time", async () => {
  const after = await timed(20).fired;
  assert.ok(after >= 18, `${after} ms`);
});

test("time that is held does not count, whoever of two holders lets go last", async () => {
  const { deadline, fired } = timed(20);
  const first = deadline.pause();
  const second = deadline.pause();
  await pass(30);
  first();
  first();
  await pass(30);
  second();
  const after = await fired;
  assert.ok(after >= 75, `${after} ms`);
});

test("a cleared deadline never fires, also if a holder lets go later", async () => {
  let fired = false;
  const deadline = new Deadline(systemClock, 5, () => (fired = true));
  const release = deadline.pause();
  deadline.clear();
  release();
  await pass(25);
  assert.equal(fired, false);
});
