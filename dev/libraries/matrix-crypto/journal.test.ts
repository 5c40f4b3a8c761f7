import assert from "node:assert/strict";
import { test } from "node:test";
import type { PluginStorage, StorableValue } from "openclaw/sdk";
import { Journal } from "./journal.ts";

/** A storage whose host is killed before its write number `kill`. */
function mortalStorage(values: Map<string, StorableValue>, kill = Infinity): PluginStorage {
  let writes = 0;
  const live = () => {
    if (writes >= kill) throw new Error("killed");
    writes += 1;
  };
  return {
    get: async <Value>(key: string) => values.get(key) as Value | undefined,
    set: async (key, value) => {
      live();
      values.set(key, value);
    },
    delete: async (key) => {
      live();
      return values.delete(key);
    },
    list: async (prefix = "") => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

/** Some transactions are too large for one value; snapshots come in between. */
const STEPS = Array.from({ length: 12 }, (_, step) => ({
  step,
  text: "x".repeat(step % 3 === 0 ? 150_000 : 10),
}));

async function liveUntilKilled(storage: PluginStorage): Promise<number> {
  const journal = new Journal(storage, "db");
  const all: unknown[] = [];
  let done = 0;
  try {
    await journal.replace(all);
    for (const step of STEPS) {
      all.push(step);
      await (step.step % 5 === 4 ? journal.replace(all) : journal.append(step));
      done += 1;
    }
  } catch (thrown) {
    assert.match(String(thrown), /killed/);
  }
  return done;
}

test("killed before any of its writes, a journal reads as what was done, or one transaction more", async () => {
  for (let kill = 1; kill < 60; kill += 1) {
    const values = new Map<string, StorableValue>();
    const done = await liveUntilKilled(mortalStorage(values, kill));
    const kept = await new Journal(mortalStorage(values), "db").read();
    const found = kept === null ? [] : [...(kept.snapshot as unknown[]), ...kept.transactions];
    assert.deepEqual(found, STEPS.slice(0, found.length), `killed at ${kill}`);
    assert.ok(
      found.length === done || found.length === done + 1,
      `killed at ${kill}: ${found.length} of ${done}`,
    );
  }
});

test("what is written after a kill stands behind what was read", async () => {
  const values = new Map<string, StorableValue>();
  await liveUntilKilled(mortalStorage(values, 9));
  const second = new Journal(mortalStorage(values), "db");
  const before = await second.read();
  await second.append({ more: true });
  const kept = await new Journal(mortalStorage(values), "db").read();
  assert.deepEqual(kept?.transactions, [...(before?.transactions ?? []), { more: true }]);
});
