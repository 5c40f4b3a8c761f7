/**
 * Builds what is built, if its sources changed: the programs of the sandbox, the page, the built-in plugins.
 *
 * Plain JavaScript: it runs on whatever Node the user has. Guarantees that an unchanged tree costs a few
 * hundred `stat` calls and nothing else, and that a build that fails leaves no stamp behind.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** Everything that ends up in `dist/`. */
const SOURCES = [
  "dev",
  "host/base",
  "host/edge",
  "host/gateway/page",
  "host/gateway/protocol",
  "host/pipe",
  "host/registry",
  "host/sandbox/child",
  "host/sdk",
  "manifests",
  "plugins",
  "package-lock.json",
];

/** @param {{root: string, outDir: string, release: boolean}} options `release` builds anew whatever the stamp says. */
export async function buildIfChanged({ root, outDir, release }) {
  const stamp = stampOf(root);
  const stampFile = join(outDir, ".stamp");
  if (!release && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  process.stderr.write("Building the sandbox, the page and the built-in plugins …\n");
  const { build } = await import("./build.mjs");
  const { buildPage } = await import("./build-page.mjs");
  await Promise.all([build({ outDir }), buildPage({ outDir })]);
  const plugins = spawnSync(
    join(outDir, "bun"),
    ["--no-env-file", join(root, "dev", "build-plugins.ts"), outDir],
    {
      cwd: root,
      stdio: ["ignore", 2, 2],
    },
  );
  if (plugins.status !== 0)
    throw new Error("The built-in plugins could not be built; the reason stands above");
  writeFileSync(stampFile, stamp);
}

function stampOf(root) {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of filesOf(join(root, source))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
