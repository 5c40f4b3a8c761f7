import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { watchFile } from "./watch.ts";

/** Far longer than a test: whatever is seen was seen by the other way. */
const NEVER = 1_000_000;

/** A file in a folder of its own, and its changes as they are noticed. */
async function watched(file: string, times: { settleMs: number; pollMs: number }) {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-watch-"));
  const path = join(folder, file);
  await writeFile(path, "0");
  const seen: string[] = [];
  let wake = () => undefined as void;
  const start = (what: string) => {
    const stop = watchFile(
      what,
      () => {
        if (existsSync(path)) seen.push(readFileSync(path, "utf8"));
        wake();
      },
      times,
    );
    stops.push(stop);
  };
  const stops: (() => void)[] = [];
  return {
    folder,
    path,
    start,
    /** What stood in the file at each change that was noticed. */
    seen,
    /** Does something and waits until it was noticed. */
    async noticed(work: () => Promise<unknown>) {
      const call = new Promise<void>((resolve) => (wake = resolve));
      await work();
      await call;
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test("writing, replacing, removing and making the file again are noticed at once", async () => {
  await using file = await watched("openclaw.json", { settleMs: 10, pollMs: NEVER });
  file.start(file.path);
  await file.noticed(() => writeFile(file.path, "1"));
  await file.noticed(async () => {
    await writeFile(`${file.path}~`, "2");
    await rename(`${file.path}~`, file.path);
  });
  await file.noticed(() => rm(file.path));
  await file.noticed(() => writeFile(file.path, "3"));
});

test("a burst of writes is one change", async () => {
  await using file = await watched("openclaw.json", { settleMs: 60, pollMs: NEVER });
  file.start(file.path);
  await file.noticed(async () => {
    for (let write = 0; write < 10; write++) await writeFile(file.path, String(write));
  });
  await file.noticed(() => writeFile(file.path, "last"));
  assert.deepEqual(file.seen, ["9", "last"]);
});

test("a change behind a link to another folder is found by the slow look", async () => {
  await using file = await watched("real.json", { settleMs: 10, pollMs: 20 });
  const link = join(file.folder, "elsewhere", "openclaw.json");
  await mkdir(join(file.folder, "elsewhere"));
  await symlink(file.path, link);
  file.start(link);
  await file.noticed(() => writeFile(file.path, "changed"));
});

test("a stopped watch is silent", async () => {
  await using file = await watched("openclaw.json", { settleMs: 10, pollMs: NEVER });
  let silent = true;
  watchFile(file.path, () => (silent = false), { settleMs: 0, pollMs: 5 })();
  file.start(file.path);
  await file.noticed(() => writeFile(file.path, "1"));
  assert.ok(silent);
});
