import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { REGISTRY } from "#host/base/limits.ts";
import { parseManifest } from "#manifests/parse.ts";
import { discover, type Root } from "./discover.ts";
import { diceLike, nextChange, openTemporaryRegistry, writeFiles } from "./temporary-registry.ts";

async function temporaryRoot(t: { after(fn: () => Promise<void>): void }): Promise<Root> {
  const path = await mkdtemp(join(tmpdir(), "discover-"));
  t.after(() => rm(path, { recursive: true }));
  return { path, origin: "dropped", depth: 1, holds: "plugins" };
}

test("only folders with a manifest are plugins, and names that begin with a dot are nobody's", async (t) => {
  const root = await temporaryRoot(t);
  await writeFiles(root.path, {
    "dice/openclaw.plugin.json": "{}",
    "notes/readme.md": "x",
    ".installing-x/openclaw.plugin.json": "{}",
    "openclaw.plugin.json": "{}",
  });
  const { found } = await discover([root], REGISTRY);
  assert.deepEqual(
    found.map(({ folder }) => folder),
    [join(root.path, "dice")],
  );
});

test("a fingerprint changes with every file but tests and packages", async (t) => {
  const root = await temporaryRoot(t);
  const fingerprint = async () => (await discover([root], REGISTRY)).found[0]?.fingerprint;
  await writeFiles(join(root.path, "dice"), { "openclaw.plugin.json": "{}", "lib/a.ts": "1" });
  const first = await fingerprint();
  await writeFiles(join(root.path, "dice"), { "main.test.ts": "x", "node_modules/a/index.js": "x" });
  assert.equal(await fingerprint(), first);
  await writeFiles(join(root.path, "dice"), { "lib/a.ts": "2" });
  assert.notEqual(await fingerprint(), first);
});

test("a root that is not there is empty; one that cannot be read is told", async (t) => {
  const root = await temporaryRoot(t);
  const absent = { ...root, path: join(root.path, "absent") };
  await writeFiles(root.path, { file: "x" });
  const unreadable = { ...root, path: join(root.path, "x".repeat(300)) };
  const result = await discover([absent, unreadable], REGISTRY);
  assert.deepEqual(result.found, []);
  assert.deepEqual(result.unreadable, [unreadable]);
});

test("200 plugins are discovered within 100 ms and a start with them within the same order", async (t) => {
  const first = await openTemporaryRegistry();
  const ids = Array.from({ length: 200 }, (_, at) => `plugin-${at}`);
  await Promise.all(
    ids.map((id, at) => writeFiles(join(first.home, "plugins", id), diceLike(id, `tool_${at}`))),
  );
  const root: Root = { path: join(first.home, "plugins"), origin: "dropped", depth: 1, holds: "plugins" };
  const discovery = await bestOf(3, async () => {
    const { found } = await discover([root], REGISTRY);
    assert.equal(found.length, 200);
    await Promise.all(found.map(({ folder }) => readManifest(folder)));
  });
  const reference = await bestOf(3, async () => {
    await Promise.all(ids.map((id) => readFile(join(root.path, id, "openclaw.plugin.json"))));
  });
  await nextChange(first.registry, () => first.registry.tools().length === 200);
  await first.registry.stop();
  const restarted = performance.now();
  const second = await first.restart();
  t.after(() => second.close());
  const restart = performance.now() - restarted;
  assert.equal(second.registry.tools().length, 200);
  assert.deepEqual(second.described, []);
  const round = (ms: number) => Math.round(ms * 10) / 10;
  t.diagnostic(
    JSON.stringify({
      discoveryMs: round(discovery),
      readingThemMs: round(reference),
      restartMs: round(restart),
    }),
  );
  assert.ok(discovery < 100, `discovery took ${discovery} ms`);
});

/** The shortest of several runs, in ms: what the work costs when nothing else is in its way. */
async function bestOf(runs: number, task: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const began = performance.now();
    await task();
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}

async function readManifest(folder: string): Promise<void> {
  assert.ok(parseManifest(await readFile(join(folder, "openclaw.plugin.json"))).ok);
}

test("a root with more in it than is looked at is one that cannot be read", async (t) => {
  const root: Root = { ...(await temporaryRoot(t)), depth: 6, holds: "skills" };
  await writeFiles(root.path, { "a/SKILL.md": "x", "b/c/SKILL.md": "x", "b/d/e/f": "x" });
  assert.equal((await discover([root], { ...REGISTRY, maxRootFolders: 10 })).found.length, 2);
  const { found, unreadable } = await discover([root], { ...REGISTRY, maxRootFolders: 4 });
  assert.deepEqual([found, unreadable], [[], [root]]);
});
