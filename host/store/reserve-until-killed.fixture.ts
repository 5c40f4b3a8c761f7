/**
 * A program for the crash test: opens the store at argv[2] and has model calls counted without end, each reserved and
 * every second one settled. After each step that is on the disk it writes what counts by now.
 */
import { writeSync } from "node:fs";
import { systemClock } from "#host/base/clock.ts";
import { createModelUsage } from "./model-usage.ts";
import { openAt } from "./temporary-store.fixture.ts";

const usage = createModelUsage((await openAt(process.argv[2] ?? "")).db, systemClock);
const spender = { plugin: "dice", session: "agent:main:main", run: "r", call: "c" };
const use = { provider: "ollama", model: "fake", input: 30, output: 10, exact: true };
for (let spent = 0; ;) {
  const first = usage.reserve(spender, 100, Number.MAX_SAFE_INTEGER) ?? 0;
  writeSync(1, `${(spent += 100)}\n`);
  usage.reserve(spender, 100, Number.MAX_SAFE_INTEGER);
  writeSync(1, `${(spent += 100)}\n`);
  usage.settle(first, use);
  writeSync(1, `${(spent -= 60)}\n`);
}
