import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createBundler } from "./bundle.ts";
import { createPrebuilt, writePrebuilt } from "./prebuilt.ts";
import { readSources } from "./folder.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { bundlerPaths, DICE, openTemporaryRegistry, writeFiles } from "./temporary-registry.ts";

test("a prebuilt bundle is used for the very sources that it was made of, and only then", async (t) => {
  const opened = await openTemporaryRegistry();
  t.after(() => opened.close());
  const plugin = join(opened.home, "release/tools/dice");
  const outDir = join(opened.home, "dist");
  await writeFiles(plugin, DICE);
  const bundler = createBundler(bundlerPaths());
  await writePrebuilt(plugin, { outDir, release: opened.home, bundler });
  await bundler.stop();
  const prebuilt = createPrebuilt(outDir);
  const { hash } = await readSources(plugin, REGISTRY);
  assert.match(new TextDecoder().decode((await prebuilt("dice", hash)) ?? undefined), /__plugin/);

  await appendFile(join(plugin, "main.ts"), "\n// edited");
  assert.equal(await prebuilt("dice", (await readSources(plugin, REGISTRY)).hash), null);
  assert.equal(await prebuilt("other", hash), null);
  await writeFile(join(outDir, "dice.js"), "changed()");
  assert.equal(await prebuilt("dice", hash), null);
});
