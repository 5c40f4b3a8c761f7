import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { prepareState, statePaths } from "./state.ts";

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "openclaw-state-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test("the tree is made with its modes, and made again it stays as it is", async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, "deep", "state");
  const paths = prepareState(root);
  for (const path of [root, paths.credentials, paths.workspace, paths.plugins, paths.skills, paths.cache]) {
    assert.equal(await modeOf(path), "700", path);
  }
  assert.equal(dirname(paths.database), join(root, "agents", "main", "sessions"));
  assert.equal(await modeOf(dirname(paths.database)), "700");
  assert.equal(await readFile(paths.authProfiles, "utf8"), "{}\n");
  assert.equal(await modeOf(paths.authProfiles), "600");
  await writeFile(paths.authProfiles, '{"profiles": {}}');
  assert.deepEqual(prepareState(root), paths);
  assert.equal(await readFile(paths.authProfiles, "utf8"), '{"profiles": {}}');
});

test("keys that others could read are made private", async () => {
  await using folder = await temporaryFolder();
  const paths = statePaths(folder.path);
  await mkdir(paths.credentials);
  await mkdir(dirname(paths.authProfiles), { recursive: true });
  await writeFile(paths.authProfiles, "{}");
  await chmod(paths.credentials, 0o755);
  await chmod(paths.authProfiles, 0o644);
  prepareState(folder.path);
  assert.equal(await modeOf(paths.credentials), "700");
  assert.equal(await modeOf(paths.authProfiles), "600");
});

test("a file in the place of the folder, or above it, is refused by name", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  for (const root of [file, join(file, "below")]) {
    assert.throws(
      () => prepareState(root),
      (error) => {
        assert.ok(error instanceof HostError);
        assert.equal(error.code, "state.unwritable");
        assert.match(error.message, new RegExp(`Cannot write "${root}": a .*file`));
        assert.match(error.fix ?? "", /OPENCLAW_STATE_DIR/);
        return true;
      },
    );
  }
});
