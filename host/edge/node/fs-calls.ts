/** Each function of `node:fs` once, as a description to be driven: at once, as a promise, or with a callback. */
import { posix } from "node:path";
import * as tree from "./fs-tree.ts";
import { decoded, direntOf, encoded, statsOf, writeOptionsOf, type Options } from "./fs-values.ts";
import type { Operation } from "./fs-store.ts";

type Path = unknown;
const { pathOf } = tree;

function* readdir(
  path: Path,
  options: { withFileTypes?: boolean; recursive?: boolean } | null = {},
): Operation<unknown[]> {
  const folder = pathOf(path);
  const found: unknown[] = [];
  const pending = [""];
  for (let below = pending.shift(); below !== undefined; below = pending.shift()) {
    const at = posix.join(folder, below);
    for (const named of yield* tree.list(at)) {
      found.push(options?.withFileTypes === true ? direntOf(at, named) : posix.join(below, named.name));
      if (options?.recursive === true && named.isFolder) pending.push(posix.join(below, named.name));
    }
  }
  return found;
}

function* mkdtemp(prefix: Path): Operation<string> {
  const path = pathOf(`${String(prefix)}${crypto.randomUUID().slice(0, 6)}`);
  yield* tree.makeFolder(path, false);
  return path;
}

function* stat(path: Path, options: { throwIfNoEntry?: boolean } = {}): Operation<unknown> {
  const entry = yield* tree.find(pathOf(path));
  if (entry === null && options.throwIfNoEntry === false) return undefined;
  return statsOf(entry ?? (yield* tree.stat(pathOf(path))));
}

function* nothing(path: Path): Operation<void> {
  yield* tree.stat(pathOf(path));
}

function* realpath(path: Path): Operation<string> {
  yield* tree.stat(pathOf(path), "realpath");
  return pathOf(path);
}

function* readFile(path: Path, options?: Options): Operation<string | Buffer> {
  return decoded(yield* tree.readFile(pathOf(path)), options);
}

export const calls = {
  access: function* (path: Path): Operation<void> {
    yield* tree.stat(pathOf(path), "access");
  },
  appendFile: (path: Path, data: unknown, options?: Options) =>
    tree.writeFile(pathOf(path), encoded(data, options), writeOptionsOf(options, "a")),
  chmod: nothing,
  chown: nothing,
  copyFile: (from: Path, to: Path) => tree.copyFile(pathOf(from), pathOf(to)),
  lstat: stat,
  mkdir: (path: Path, options?: { recursive?: boolean } | number) =>
    tree.makeFolder(pathOf(path), typeof options === "object" && options.recursive === true),
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rename: (from: Path, to: Path) => tree.rename(pathOf(from), pathOf(to)),
  rm: (path: Path, options?: tree.RemoveOptions) => tree.remove(pathOf(path), options),
  rmdir: (path: Path) => tree.removeFolder(pathOf(path)),
  stat,
  truncate: function* (path: Path, length = 0): Operation<void> {
    const bytes = new Uint8Array(length);
    bytes.set((yield* tree.readFile(pathOf(path))).subarray(0, length));
    yield* tree.writeFile(pathOf(path), bytes);
  },
  unlink: (path: Path) => tree.removeFile(pathOf(path)),
  utimes: nothing,
  writeFile: (path: Path, data: unknown, options?: Options) =>
    tree.writeFile(pathOf(path), encoded(data, options), writeOptionsOf(options)),
};
