/**
 * A program for the crash test: opens the store at argv[2] and counts a plugin's value up without end. Each
 * number is written to stdout once it is stored.
 */
import { writeSync } from "node:fs";
import { systemClock } from "#host/base/clock.ts";
import { createPluginStorage } from "./plugin-storage.ts";
import { openAt } from "./temporary-store.fixture.ts";

const storage = createPluginStorage((await openAt(process.argv[2] ?? "")).db, systemClock);
for (let count = 1; ; count++) {
  const bytes = Buffer.from(JSON.stringify([count, "x".repeat(1_000 + count)]));
  storage.set("dice", "count", { format: "json", bytes }, 1 << 20);
  writeSync(1, `${count}\n`);
}
