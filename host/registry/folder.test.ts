import assert from "node:assert/strict";
import { mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { hashOfHashes, readSources } from "./folder.ts";
import { type Files, writeFiles } from "./temporary-registry.ts";

async function folderOf(t: TestContext, files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "folder-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  return folder;
}

test("sources are read with their hashes, without tests and packages", async (t) => {
  const folder = await folderOf(t, {
    "main.ts": "1",
    "lib/a.ts": "2",
    "main.test.ts": "x",
    "node_modules/a/index.js": "x",
    ".git/HEAD": "x",
  });
  const { files, hashes, hash } = await readSources(folder, REGISTRY);
  assert.deepEqual([...files.keys()], ["lib/a.ts", "main.ts"]);
  assert.equal(hash, hashOfHashes(hashes));
});

test("the hash knows paths from contents", async (t) => {
  const one = await readSources(await folderOf(t, { a: "b", c: "" }), REGISTRY);
  const other = await readSources(await folderOf(t, { a: "", c: "b" }), REGISTRY);
  assert.notEqual(one.hash, other.hash);
});

test("links and folders past the limits are refused by name", async (t) => {
  const folder = await folderOf(t, { "a.ts": "123", "b/c/d.ts": "456" });
  const refused = (message: RegExp) => ({ code: "plugin.broken", message });
  await assert.rejects(readSources(folder, { ...REGISTRY, maxFiles: 1 }), refused(/one file more than 1/));
  await assert.rejects(
    readSources(folder, { ...REGISTRY, maxSourceBytes: 5 }),
    refused(/larger than 5 bytes/),
  );
  await assert.rejects(readSources(folder, { ...REGISTRY, maxDepth: 1 }), refused(/deeper than 1 folders/));
  await symlink("/etc", join(folder, "etc"));
  await assert.rejects(readSources(folder, REGISTRY), refused(/"etc".*is a symbolic link/));
});

test("a folder that is swapped while it is read is read whole or not at all", async (t) => {
  const many = (text: string): Files =>
    Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`${at}.ts`, text]));
  const home = await folderOf(t, {});
  const [live, aside] = [join(home, "live"), join(home, "aside")];
  await writeFiles(live, many("one"));
  await writeFiles(aside, many("two"));
  async function swap(afterMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await rename(live, join(home, "third"));
    await rename(aside, live);
    await rename(join(home, "third"), aside);
  }
  let [whole, refused] = [0, 0];
  for (let round = 0; round < 150; round++) {
    const reading = readSources(live, REGISTRY).catch((error: unknown) => error);
    const [sources] = await Promise.all([reading, swap(round % 12)]);
    if (sources instanceof Error) {
      assert.ok(sources instanceof HostError || "code" in sources);
      refused++;
      continue;
    }
    const { hashes } = sources as Awaited<ReturnType<typeof readSources>>;
    assert.equal(new Set(Object.values(hashes)).size, 1, "two versions were mixed");
    whole++;
  }
  assert.ok(whole > 0 && refused > 0, `${whole} whole, ${refused} refused`);
  t.diagnostic(JSON.stringify({ whole, refused }));
});
