/**
 * The bytes of what is loaded for every plugin, as budgets.
 *
 * A library that somebody adds to the runtime inside isolates is paid for by every isolate of every plugin, at each
 * start and in memory; it should not come in unseen. Who needs more raises the number here, with the reason.
 */
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { realFiles } from "#host/sandbox/sandboxes-for-tests.ts";

const KiB = 1024;

const BUDGETS: Readonly<Record<string, number>> = {
  // The whole runtime as a trial of its libraries had it was 584 KB; what only some plugins need is bundled with them.
  "edge.js": 640 * KiB,
  // Mapped by every isolate that starts: 8.6 ms at 1.4 MB.
  "edge-*.snapshot": 2_560 * KiB,
  // Read and compiled once for each sandbox process, within the 45 ms in which its first frame is due.
  "sandbox-child.mjs": 512 * KiB,
};

test("the runtime inside isolates, its snapshot and the sandbox program stay within their bytes", async (t) => {
  const { child, snapshot } = await realFiles();
  const files = {
    "edge.js": join(dirname(child), "edge.js"),
    "edge-*.snapshot": snapshot,
    "sandbox-child.mjs": child,
  };
  for (const [name, path] of Object.entries(files)) {
    const { size } = await stat(path);
    const budget = BUDGETS[name] ?? 0;
    t.diagnostic(`${name}: ${Math.round(size / KiB)} of ${budget / KiB} KiB`);
    assert.ok(size > 0 && size <= budget, `${name} has ${size} bytes, its budget is ${budget}`);
  }
});
