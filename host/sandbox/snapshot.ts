/**
 * The V8 snapshot that isolates start from, kept in a cache folder.
 *
 * A snapshot fits only the V8 that made it, so its name is the hash of all that went into it: the runtime's
 * code, the addon, the Node binary and the builder. Guarantees that a file under such a name is whole (it is
 * renamed into place) and that older ones are removed.
 */
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";

export interface SnapshotSources {
  /** Node 26, the same binary that will run the sandbox. */
  readonly node: string;
  /** isolated-vm's `.node` file. */
  readonly addon: string;
  /** The bundled program that makes a snapshot: `<addon> <edge> <out>`. */
  readonly builder: string;
  /** The bundled edge runtime. */
  readonly edge: string;
  /** Made if it is missing. */
  readonly cacheDir: string;
}

const PREFIX = "edge-";
const SUFFIX = ".snapshot";
const BUILD_DEADLINE_MS = 60_000;

/** The snapshot's path. Rejects with HostError `sandbox.unavailable`. */
export async function ensureSnapshot(sources: SnapshotSources): Promise<string> {
  const { cacheDir } = sources;
  const path = join(cacheDir, `${PREFIX}${await keyOf(sources)}${SUFFIX}`);
  if (await exists(path)) return path;
  const fresh = `${path}.${randomUUID()}`;
  try {
    await mkdir(cacheDir, { recursive: true });
    await build(sources, fresh);
    await rename(fresh, path);
    await removeOthers(cacheDir, path);
  } catch (thrown) {
    throw failed(thrown instanceof Error ? thrown.message : String(thrown), cacheDir, thrown);
  } finally {
    await rm(fresh, { force: true });
  }
  return path;
}

/** Hex, short enough for a file name and long enough never to meet another. */
async function keyOf({ node, addon, builder, edge }: SnapshotSources): Promise<string> {
  const hash = createHash("sha256").update(process.arch);
  for (const path of [edge, addon, builder]) hash.update(await readFile(path));
  // The Node binary has 130 MB: its size and age stand for it.
  const { size, mtimeMs } = await stat(node);
  return hash.update(`${node} ${size} ${mtimeMs}`).digest("hex").slice(0, 32);
}

function build({ node, addon, builder, edge }: SnapshotSources, out: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [builder, addon, edge, out], {
      env: {},
      stdio: ["ignore", "ignore", "pipe"],
      timeout: BUILD_DEADLINE_MS,
      killSignal: "SIGKILL",
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-2_000)));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(lastWords(stderr) ?? `it ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/** The line that says what was wrong; what Node prints around it tells of its own insides. */
function lastWords(stderr: string): string | null {
  const lines = stderr.split("\n").map((line) => line.trim());
  const said =
    lines.find((line) => /^(?:\w*Error|Cannot)\b/.test(line)) ?? lines.findLast((line) => line !== "");
  return said?.replace(/^Error: /, "") ?? null;
}

function failed(reason: string, cacheDir: string, cause: unknown): HostError {
  return new HostError("sandbox.unavailable", `Cannot make the isolates' snapshot: ${reason}`, {
    fix: fixOf(reason, cacheDir),
    cause,
  });
}

function fixOf(reason: string, cacheDir: string): string {
  if (/\b(?:ENOSPC|EDQUOT)\b/.test(reason)) return `Make room on the disk of "${cacheDir}"`;
  if (/\b(?:EACCES|EPERM|EROFS)\b/.test(reason)) return `Let the gateway write to "${cacheDir}"`;
  return "Run npm install again, so that Node 26 and isolated-vm fit each other";
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A file that another host still uses stays open there; its name is all that goes. */
async function removeOthers(folder: string, keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (path !== keep && name.startsWith(PREFIX) && name.endsWith(SUFFIX)) await rm(path, { force: true });
  }
}
