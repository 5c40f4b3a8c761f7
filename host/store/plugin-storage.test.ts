import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { STORAGE } from "#host/base/limits.ts";
import { createPluginStorage, type StoredValue } from "./plugin-storage.ts";
import { openAt, temporaryFolder, temporaryStore, tickingClock } from "./temporary-store.fixture.ts";

const AMPLE = 1 << 20;
const json = (value: unknown): StoredValue => ({ format: "json", bytes: Buffer.from(JSON.stringify(value)) });
const text = (value: StoredValue | null) => (value === null ? null : Buffer.from(value.bytes).toString());

test("a value is what was set last, also after a restart, and gone when it is deleted", async () => {
  await using store = await temporaryStore();
  const storage = createPluginStorage(store.db, tickingClock());
  assert.equal(storage.get("dice", "seen"), null);
  storage.set("dice", "seen", json(1), AMPLE);
  storage.set("dice", "seen", { format: "bytes", bytes: new Uint8Array([0, 255]) }, AMPLE);
  await store.reopen();
  const later = createPluginStorage(store.db, tickingClock());
  const kept = later.get("dice", "seen");
  assert.deepEqual([kept?.format, [...(kept?.bytes ?? [])]], ["bytes", [0, 255]]);
  assert.deepEqual([later.delete("dice", "seen"), later.delete("dice", "seen")], [true, false]);
  assert.equal(later.get("dice", "seen"), null);
});

/** Letters, controls, NUL, what a filter would take for a wildcard, and every plane of Unicode. */
const key = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", "\0", "\uFFFD", "%", "_", "é", "\u{10FFFF}", "'"), minLength: 1 }),
);
const PLUGINS = ["a", "A", "aa"] as const;

test("any keys of any plugins are kept apart and listed in the order of their bytes", async () => {
  await using store = await temporaryStore();
  const storage = createPluginStorage(store.db, tickingClock());
  const entries = fc.array(fc.tuple(fc.constantFrom(...PLUGINS), key), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(entries, fc.oneof(key, fc.constant("")), async (given, prefix) => {
      const model = new Map(given.map(([plugin, of], at) => [`${plugin} ${of}`, { plugin, of, at }]));
      for (const { plugin, of, at } of model.values()) storage.set(plugin, of, json(at), AMPLE);
      for (const { plugin, of, at } of model.values()) assert.equal(text(storage.get(plugin, of)), `${at}`);
      for (const plugin of PLUGINS) {
        const mine = [...model.values()].filter((entry) => entry.plugin === plugin).map(({ of }) => of);
        const wanted = mine.filter((of) => of.startsWith(prefix)).sort(byBytes);
        assert.deepEqual(storage.keys(plugin, prefix, null, 100), wanted);
        const [first = null] = wanted;
        assert.deepEqual(storage.keys(plugin, prefix, first, 1), wanted.slice(1, 2));
        await storage.clear(plugin);
      }
    }),
    { numRuns: 200 },
  );
});

test("the quota is exact over any run of sets and deletes, and a restart counts the same", async () => {
  await using store = await temporaryStore();
  const quota = 2 * STORAGE.entryBytes + 12;
  const step = fc.tuple(fc.constantFrom("a", "bb", "ccc", "dddd"), fc.option(fc.nat(12)), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      let storage = createPluginStorage(store.db, tickingClock());
      const model = new Map<string, number>();
      const weight = () =>
        [...model].reduce((sum, [of, bytes]) => sum + of.length + bytes + STORAGE.entryBytes, 0);
      for (const [of, bytes, restart] of steps) {
        if (restart) storage = createPluginStorage(store.db, tickingClock());
        const before = model.get(of);
        if (bytes === null) {
          assert.equal(storage.delete("dice", of), model.delete(of));
          continue;
        }
        model.set(of, bytes);
        const usedBytes = weight();
        const fits = usedBytes <= quota;
        if (!fits && before === undefined) model.delete(of);
        if (!fits && before !== undefined) model.set(of, before);
        const room = storage.set("dice", of, { format: "bytes", bytes: new Uint8Array(bytes) }, quota);
        assert.deepEqual(room, { fits, usedBytes });
        assert.equal(storage.get("dice", of)?.bytes.length ?? null, model.get(of) ?? null);
      }
      await storage.clear("dice");
    }),
    { numRuns: 60 },
  );
});

test("a value that was acknowledged survives kill -9", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  const fixture = fileURLToPath(new URL("./store-until-killed.fixture.ts", import.meta.url));
  const writer = spawn(process.execPath, [fixture, path], { stdio: ["ignore", "pipe", "inherit"] });
  let acknowledged = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 50) writer.kill("SIGKILL");
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, "exit");
  const store = await openAt(path);
  try {
    const value = createPluginStorage(store.db, tickingClock()).get("dice", "count");
    const [count, filling] = JSON.parse(text(value) ?? "[0]") as [number, string];
    assert.ok(count >= acknowledged && acknowledged >= 50, `${count} after ${acknowledged}`);
    assert.equal(filling.length, 1_000 + count);
  } finally {
    store.close();
  }
});

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
