/** Real files in a real folder, with what a plugin that may write there could put in their place. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createWorkspaceFiles } from "./workspace-files.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-workspace-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const read = (folder: string, maxChars = 1_000) =>
  createWorkspaceFiles(() => folder, { warn: () => {} }).read("main", { maxChars, totalMaxChars: maxChars });

test("the files that are there are read in their order, each up to its cap, without half a character", async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, "USER.md"), "Ada");
    await writeFile(join(folder, "AGENTS.md"), "ä".repeat(10_000));
    await writeFile(join(folder, "other.md"), "no");
    const files = await read(folder, 11);
    assert.deepEqual(
      files.map(({ name, bytes }) => [name, bytes]),
      [
        ["AGENTS.md", 20_000],
        ["USER.md", 3],
      ],
    );
    assert.match(files[0]?.text ?? "", /^ä{22}$/);
  });
});

test("a link, a pipe, a folder and a file without rights are told and never followed, waited for or read", async () => {
  await inFolder(async (folder) => {
    const secret = join(folder, "secret");
    await writeFile(secret, "the key");
    await symlink(secret, join(folder, "AGENTS.md"));
    execFileSync("mkfifo", [join(folder, "SOUL.md")]);
    await mkdir(join(folder, "USER.md"));
    await writeFile(join(folder, "TOOLS.md"), "x");
    await chmod(join(folder, "TOOLS.md"), 0);
    const files = await read(folder);
    assert.doesNotMatch(JSON.stringify(files), /the key/);
    assert.deepEqual(
      files.slice(0, 3).map(({ name, problem }) => [name, problem]),
      [
        ["AGENTS.md", "it is a link"],
        ["SOUL.md", "it is no file"],
        ["USER.md", "it is no file"],
      ],
    );
    if (process.getuid?.() !== 0) assert.equal(files[3]?.problem, "EACCES");
  });
});

test("a folder that is not there has no files", async () => {
  assert.deepEqual(await read("/nowhere/at/all"), []);
});
