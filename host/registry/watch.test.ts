import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { REGISTRY } from "#host/base/limits.ts";
import type { Found } from "./discover.ts";
import { createFolderWatch } from "./watch.ts";

/** A root with one plugin, and a watch whose clock says what the test sets. */
async function watched(t: TestContext, known: boolean) {
  const path = await mkdtemp(join(tmpdir(), "watch-"));
  const folder = join(path, "dice");
  await mkdir(folder);
  await writeFile(join(folder, "openclaw.plugin.json"), "{}");
  const time = { now: Date.now(), monotonic: 0 };
  const told: Found[] = [];
  const watch = createFolderWatch({
    roots: [{ path, origin: "dropped", depth: 1, holds: "plugins" }],
    limits: REGISTRY,
    clock: { now: () => time.now, monotonic: () => time.monotonic },
    exclusive: (task) => task(),
    background: () => undefined,
    isKnown: () => known,
    onStill: (found) => told.push(found),
    onGone: () => undefined,
  });
  t.after(async () => {
    watch.stop();
    await rm(path, { recursive: true });
  });
  return { watch, told, time, folder };
}

test("what is as it was is told at the first look, however young the process is", async (t) => {
  const { watch, told, time } = await watched(t, true);
  time.monotonic = 0.25;
  await watch.look();
  assert.equal(told.length, 1);
  assert.ok(!watch.unsettled());
});

test("a folder that was still for long before is told at the first look", async (t) => {
  const { watch, told, time } = await watched(t, false);
  time.now += 10_000;
  await watch.look();
  assert.equal(told.length, 1);
});

test("a folder that was just changed is told once it has been still, also one that is dated in the future", async (t) => {
  const { watch, told, time, folder } = await watched(t, false);
  const later = new Date(Date.now() + 3_600_000);
  await utimes(join(folder, "openclaw.plugin.json"), later, later);
  await watch.look();
  time.monotonic = REGISTRY.settleMs - 1;
  await watch.look();
  assert.equal(told.length, 0);
  time.monotonic = REGISTRY.settleMs;
  await watch.look();
  assert.equal(told.length, 1);
});
