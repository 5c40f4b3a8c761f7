/** What an isolate costs before a plugin is in it: from the snapshot, from the pool, and in a process that many share. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isolatedVmAddon, release, sandboxNode } from "#host/compose/release.ts";
import { ensureSnapshot } from "#host/sandbox/snapshot.ts";

const PROGRAM = fileURLToPath(new URL("./blank-isolates.ts", import.meta.url));

export async function blank() {
  const [node, addon] = [sandboxNode(), isolatedVmAddon()];
  const cacheDir = await mkdtemp(join(tmpdir(), "openclaw-bench-"));
  try {
    const { edge, snapshotBuilder: builder } = release;
    const snapshot = await ensureSnapshot({ node, addon, builder, edge, cacheDir });
    const { stdout } = await promisify(execFile)(node, ["--no-node-snapshot", PROGRAM, addon, snapshot]);
    const budget = { budgetColdMs: 12, budgetPooledMs: 1, budgetResidentMiB: 8 };
    return { ...(JSON.parse(stdout) as Record<string, number>), ...budget };
  } finally {
    await rm(cacheDir, { recursive: true });
  }
}
