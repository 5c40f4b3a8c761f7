import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { CallTurns } from "./call-turns.ts";

/** Calls that end when they are told to; `begun` names those that run or ran, in order. */
function calls(concurrency?: number) {
  const turns = new CallTurns();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string, signal = new AbortController().signal) =>
    turns.take({ id: "dice", ...(concurrency === undefined ? {} : { concurrency }) }, signal, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    });
  return { begun, start, end: (name: string) => ends.get(name)?.() };
}

test("calls past the bound begin in order, each when another has ended", async () => {
  const { begun, start, end } = calls(2);
  const all = ["a", "b", "c", "d"].map((name) => start(name));
  await setImmediate();
  assert.deepEqual(begun, ["a", "b"]);
  end("b");
  await setImmediate();
  assert.deepEqual(begun, ["a", "b", "c"]);
  for (const name of ["a", "c"]) end(name);
  await setImmediate();
  end("d");
  await Promise.all(all);
  assert.deepEqual(begun, ["a", "b", "c", "d"]);
});

test("a call whose turn is stopped while it waits never begins, and takes nobody's place", async () => {
  const { begun, start, end } = calls(1);
  const [first, stop] = [start("a"), new AbortController()];
  const stopped = assert.rejects(start("b", stop.signal), { code: "aborted" });
  const last = start("c");
  stop.abort();
  await stopped;
  await assert.rejects(start("d", stop.signal), { code: "aborted" });
  end("a");
  await first;
  await setImmediate();
  assert.deepEqual(begun, ["a", "c"]);
  end("c");
  await last;
});

test("a plugin that names no bound has none", async () => {
  const { begun, start } = calls();
  for (let at = 0; at < 50; at++) void start(String(at));
  await setImmediate();
  assert.equal(begun.length, 50);
});
