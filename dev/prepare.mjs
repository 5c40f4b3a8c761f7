/**
 * Builds what is built, if its sources changed: the programs of the sandbox, the page, the built-in plugins.
 *
 * Plain JavaScript: it runs on whatever Node the user has. Guarantees that an unchanged tree costs a few
 * hundred `stat` calls and nothing else, and that a build that fails leaves no stamp behind.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
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

/** The ABI of Node 26. */
const SANDBOX_ABI = 147;

/** @param {{root: string, outDir: string, release: boolean}} options `release` builds anew whatever the stamp says. */
export async function buildIfChanged({ root, outDir, release }) {
  const stamp = stampOf(root);
  const stampFile = join(outDir, ".stamp");
  if (!release && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  process.stderr.write("Building the sandbox, the page and the built-in plugins …\n");
  const { build } = await import("./build.mjs");
  const { buildNodeModules } = await import("./build-node-modules.mjs");
  const { buildPage } = await import("./build-page.mjs");
  const { writeNotices } = await import("./notices.mjs");
  await Promise.all([build({ outDir }), buildNodeModules({ outDir }), buildPage({ outDir })]);
  writeNotices({ root, outDir });
  copyAddons(join(root, "node_modules", "isolated-vm"), join(outDir, "isolated-vm"));
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

/**
 * isolated-vm's binaries for the sandbox's Node. The package's own install script builds for the Node that runs
 * npm, which is another one, and fails where there is no compiler: what is packed must not depend on it.
 */
function copyAddons(from, to) {
  mkdirSync(to, { recursive: true });
  copyFileSync(join(from, "LICENSE"), join(to, "LICENSE"));
  for (const platform of readdirSync(join(from, "prebuilds"))) {
    for (const name of readdirSync(join(from, "prebuilds", platform))) {
      if (name.includes(`abi${SANDBOX_ABI}`) && !name.includes("musl")) {
        copyFileSync(join(from, "prebuilds", platform, name), join(to, `${platform}.node`));
      }
    }
  }
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
