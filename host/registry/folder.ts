/**
 * A plugin's folder as the registry sees it: a list of files with stamps, then their bytes, read once.
 *
 * Guarantees that what is hashed is what is used: everything after `readSources` works on the bytes that it
 * read. Follows no link, anywhere; refuses links, devices and folders past the limits by name. Leaves out
 * what is no source: tests, declarations of types, what editors need, `.git`, and `node_modules`, which only an installed plugin may use.
 */
import { createHash } from "node:crypto";
import { constants, type Dirent, type Stats } from "node:fs";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";

export interface FolderLimits {
  readonly maxFiles: number;
  readonly maxSourceBytes: number;
  readonly maxDepth: number;
}

/** One file: its path in the folder with `/` between the parts, and what changes when it does. */
export interface FileStamp {
  readonly path: string;
  readonly size: number;
  /** Size, times and inode as one text. `ctime` is in it, which nobody can set back. */
  readonly stamp: string;
  /** Milliseconds since 1970 of the last change of content or inode. */
  readonly changedAt: number;
}

export interface Sources {
  /** File contents by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** SHA-256 (hex) of each file by path. */
  readonly hashes: Readonly<Record<string, string>>;
  /** SHA-256 (hex) over all paths and contents. */
  readonly hash: string;
  /** The stamps' fingerprint, the same before and after the files were read. */
  readonly fingerprint: string;
}

const NOT_SOURCES = new Set([".git", ".DS_Store", ".openclaw", "node_modules"]);
/** Tests and declarations of types. */
const NOT_CODE = /\.(?:test\.[cm]?[jt]sx?|d\.[cm]?ts)$/;

/**
 * The folder's files, sorted by path; `entries` is what stands directly in it, where that was read already.
 * Rejects with `plugin.broken`; with the system's error if it is gone.
 */
export async function listFiles(
  folder: string,
  limits: FolderLimits,
  entries?: readonly Dirent[],
): Promise<FileStamp[]> {
  const paths: string[] = [];
  await walk(folder, "", entries, limits, paths);
  const found = await Promise.all(paths.map((path) => stampOf(folder, path)));
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function walk(
  folder: string,
  below: string,
  known: readonly Dirent[] | undefined,
  limits: FolderLimits,
  found: string[],
): Promise<void> {
  if (below.split("/").length > limits.maxDepth) {
    throw broken(below, `stands deeper than ${limits.maxDepth} folders`);
  }
  for (const entry of known ?? (await readdir(join(folder, below), { withFileTypes: true }))) {
    if (NOT_SOURCES.has(entry.name) || NOT_CODE.test(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await walk(folder, path, undefined, limits, found);
    else if (entry.isFile()) found.push(path);
    else throw broken(path, entry.isSymbolicLink() ? "is a symbolic link" : "is not a regular file");
    if (found.length > limits.maxFiles) throw broken(path, `is one file more than ${limits.maxFiles}`);
  }
}

async function stampOf(folder: string, path: string): Promise<FileStamp> {
  const found = await lstat(join(folder, path));
  const { size, mtimeMs, ctimeMs } = found;
  return { path, size, stamp: stampIn(found), changedAt: Math.max(mtimeMs, ctimeMs) };
}

function stampIn({ size, mtimeMs, ctimeMs, ino }: Stats): string {
  return `${size}:${mtimeMs}:${ctimeMs}:${ino}`;
}

/** Equal for two listings exactly if no file was added, removed or touched between them. */
export function fingerprintOf(files: readonly FileStamp[]): string {
  return sha256(files.map((file) => `${file.path}\0${file.stamp}\n`).join(""));
}

/** Reads every source file. Rejects with `plugin.broken`, also when the folder changed meanwhile. */
export async function readSources(path: string, limits: FolderLimits): Promise<Sources> {
  await using held = await holdFolder(path);
  const sources = await readHeld(held.folder, limits);
  if (!(await held.isInPlace())) throw changedMeanwhile();
  return sources;
}

/**
 * Under the path of an open folder nobody can put another one into its place, not even for a moment: a folder that was
 * swapped and swapped back looks the same before and after. Elsewhere than on Linux only each file is held.
 */
async function holdFolder(path: string) {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const identityOf = ({ dev, ino }: { dev: number; ino: number }) => `${dev}:${ino}`;
  return {
    folder: process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path,
    isInPlace: async () => identityOf(await handle.stat()) === identityOf(await stat(path)),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function changedMeanwhile(): HostError {
  return new HostError("plugin.broken", "Cannot read the plugin's folder: it changed while it was read");
}

async function readHeld(folder: string, limits: FolderLimits): Promise<Sources> {
  const before = await listFiles(folder, limits);
  const bytes = before.reduce((sum, file) => sum + file.size, 0);
  if (bytes > limits.maxSourceBytes) {
    throw new HostError(
      "plugin.broken",
      `Cannot read the plugin's folder: its files are larger than ${limits.maxSourceBytes} bytes together`,
      { fix: "Keep data out of the plugin's folder" },
    );
  }
  const contents = await Promise.all(
    before.map(async (file) => [file.path, await readWithoutLinks(folder, file)] as const),
  );
  const fingerprint = fingerprintOf(before);
  if (fingerprintOf(await listFiles(folder, limits)) !== fingerprint) {
    throw changedMeanwhile();
  }
  const hashes = Object.fromEntries(contents.map(([path, content]) => [path, sha256(content)]));
  return { files: new Map(contents), hashes, hash: hashOfHashes(hashes), fingerprint };
}

/** One hash for a folder, from the hashes of its files. */
export function hashOfHashes(hashes: Readonly<Record<string, string>>): string {
  const lines = Object.entries(hashes).map(([path, hash]) => `${path}\0${hash}\n`);
  return sha256(lines.sort().join(""));
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Never waits: a FIFO that was put into a file's place would hold a thread of the host for good. */
async function readWithoutLinks(folder: string, file: FileStamp): Promise<Uint8Array> {
  const handle = await open(
    join(folder, file.path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    if (stampIn(await handle.stat()) !== file.stamp) throw changedMeanwhile();
    const content = new Uint8Array(file.size);
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await handle.read(content, length, content.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function broken(path: string, rule: string): HostError {
  return new HostError("plugin.broken", `Cannot read "${path}" in the plugin's folder: it ${rule}`, {
    fix: "Put copies of regular files into the plugin's folder",
  });
}
