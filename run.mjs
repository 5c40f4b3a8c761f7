#!/usr/bin/env node
/**
 * The door from a bare machine: any Node from 20 on runs this file; everything else runs on what it installs.
 *
 * `run.mjs prepare [--dev] [--release]` installs what is missing and builds what changed, then exits; the npm
 * scripts replace themselves with Bun afterwards, so that no second process stays behind. Any other
 * arguments are the `openclaw` command of an installed package: they are handed to the host as they stand.
 *
 * Guarantees: packages come from the npm registry by the committed lock file, no install script runs, and
 * a second start does nothing but compare two stamps. Refuses to guess: a platform without Bun or Node
 * binaries is named, with the fix.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(realpathSync(fileURLToPath(import.meta.url)));
const require = createRequire(join(root, "package.json"));
/** No variables from a file that lies about, no packages that a missing folder would make Bun fetch by itself. */
const BUN_FLAGS = ["--no-env-file", "--no-install"];
/** npm leaves the lock file out of a published package: where it stands, this is a clone. */
const isClone = existsSync(join(root, "package-lock.json"));

const args = process.argv.slice(2);
if (args[0] === "prepare") await prepare(new Set(args.slice(1)));
else runHost(args);

async function prepare(flags) {
  if (isClone) install(flags.has("--dev"));
  linkBun();
  if (isClone) await build(flags.has("--release"));
}

function install(withDev) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stampFile = join(root, "node_modules", ".installed");
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (stamp === `${lock} all` || (!withDev && stamp === `${lock} runtime`)) return;
  process.stderr.write("Installing what the lock file names (the first time takes some seconds) …\n");
  const result = spawnSync(
    "npm",
    [
      "ci",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      ...(withDev ? ["--include=dev"] : ["--omit=dev"]),
    ],
    { cwd: root, stdio: ["ignore", 2, 2] },
  );
  if (result.status !== 0)
    fail(
      "Cannot install the packages: npm ci failed (its own message stands above)",
      "Mend the network or the npm registry setting, then start again",
    );
  writeFileSync(stampFile, `${lock} ${withDev ? "all" : "runtime"}`);
}

/** A package carries the binary of each platform; where install scripts ran, Bun's has moved it into its own. */
function bunBinary() {
  const arch = process.arch === "arm64" ? "aarch64" : process.arch;
  const platform = `@oven/bun-${process.platform}-${arch}`;
  const places = [
    [platform, "bin/bun"],
    [`${platform}-musl`, "bin/bun"],
    ["bun", "bin/bun.exe"],
  ];
  for (const [name, path] of places) {
    const file = packageFile(name, path);
    if (file !== null && spawnSync(file, ["--version"], { stdio: "ignore" }).status === 0) return file;
  }
  return fail(
    `Cannot find a Bun that runs on ${process.platform} ${process.arch}`,
    "Linux and macOS on x64 and arm64 are supported; on those, delete node_modules and start again",
  );
}

function packageFile(name, path) {
  try {
    const file = join(dirname(require.resolve(`${name}/package.json`)), path);
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

function linkBun() {
  const link = join(root, "dist", "bun");
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(bunBinary(), link);
}

async function build(release) {
  const { buildIfChanged } = await import("./dev/prepare.mjs");
  await buildIfChanged({ root, outDir: join(root, "dist"), release });
}

/** An installed `openclaw`: becomes Bun where Node can replace itself, otherwise waits for it and passes signals on. */
function runHost(hostArgs) {
  const command = [bunBinary(), ...BUN_FLAGS, join(root, "host", "main.ts"), ...hostArgs];
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(command[0], command, process.env);
  }
  const child = spawn(command[0], command.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + 15));
}

function fail(problem, fix) {
  process.stderr.write(`${problem}. ${fix}.\n`);
  process.exit(1);
}
