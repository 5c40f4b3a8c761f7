/**
 * The file operations, each described once over a store of values.
 *
 * A small file is one value: a head (when it was changed, how long it is, how many parts) and its bytes. A larger one has
 * its bytes in parts under a new number, and its head is written last: a kill leaves the old file or the new one. A folder
 * is an empty value whose key ends with a slash. There are no links, owners or modes.
 */
import { posix } from "node:path";
import { fsError } from "./fs-error.ts";
import type { Operation } from "./fs-store.ts";

export interface Entry {
  readonly isFolder: boolean;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** One value of the plugin's storage holds 256 KiB. */
const PART_BYTES = 192 * 1024;
const HEAD_BYTES = 24;
const NUL = "\0";

interface Head {
  readonly changedAt: number;
  readonly size: number;
  /** Zero if the bytes follow the head. */
  readonly parts: number;
  /** The number under which the parts are. */
  readonly version: number;
}

export function pathOf(given: unknown): string {
  if (given instanceof URL) return posix.resolve("/", decodeURIComponent(given.pathname));
  const text = given instanceof Uint8Array ? new TextDecoder().decode(given) : given;
  if (typeof text !== "string") throw new TypeError('The "path" argument must be of type string');
  if (text.includes(NUL)) throw fsError("EINVAL", "open", text.replaceAll(NUL, "\\0"), "the path has a NUL");
  return posix.resolve("/", text);
}

function writeHead(
  { changedAt, size, parts, version }: Head,
  bytes: Uint8Array = new Uint8Array(),
): Uint8Array {
  const value = new Uint8Array(HEAD_BYTES + bytes.byteLength);
  const view = new DataView(value.buffer);
  view.setFloat64(0, changedAt);
  view.setFloat64(8, size);
  view.setUint32(16, parts);
  view.setUint32(20, version);
  value.set(bytes, HEAD_BYTES);
  return value;
}

function readHead(value: Uint8Array): Head {
  const view = new DataView(value.buffer, value.byteOffset, HEAD_BYTES);
  return {
    changedAt: view.getFloat64(0),
    size: view.getFloat64(8),
    parts: view.getUint32(16),
    version: view.getUint32(20),
  };
}

const partKey = (path: string, version: number, part: number) => `${path}${NUL}${version}${NUL}${part}`;
const folderKey = (path: string) => (path === "/" ? "/" : `${path}/`);

function* get(key: string): Operation<Uint8Array | undefined> {
  return (yield { op: "get", key }) as Uint8Array | undefined;
}

/** Null if there is nothing. */
export function* find(path: string): Operation<Entry | null> {
  if (path === "/" || path === "/tmp") return { isFolder: true, size: 0, changedAt: 0 };
  const file = yield* get(path);
  if (file !== undefined) {
    const { size, changedAt } = readHead(file);
    return { isFolder: false, size, changedAt };
  }
  const folder = yield* get(folderKey(path));
  return folder === undefined ? null : { isFolder: true, size: 0, changedAt: readHead(folder).changedAt };
}

export function* stat(path: string, syscall = "stat"): Operation<Entry> {
  const entry = yield* find(path);
  if (entry === null) throw fsError("ENOENT", syscall, path);
  return entry;
}

function* needFolderOf(path: string, syscall: string): Operation<void> {
  const parent = yield* find(posix.dirname(path));
  if (parent === null) throw fsError("ENOENT", syscall, path);
  if (!parent.isFolder) throw fsError("ENOTDIR", syscall, path);
}

/** For a new file: its folder is there, and no folder of its name. */
function* needRoomFor(path: string): Operation<void> {
  const parent = posix.dirname(path);
  const isThere = parent === "/" || parent === "/tmp" || (yield* get(folderKey(parent))) !== undefined;
  if (!isThere) yield* needFolderOf(path, "open");
  if (path === "/" || (yield* get(folderKey(path))) !== undefined) throw fsError("EISDIR", "open", path);
}

export function* readFile(path: string): Operation<Uint8Array<ArrayBuffer>> {
  const value = yield* get(path);
  if (value === undefined) throw fsError((yield* find(path)) === null ? "ENOENT" : "EISDIR", "open", path);
  const { size, parts, version } = readHead(value);
  if (parts === 0) return value.slice(HEAD_BYTES);
  const bytes = new Uint8Array(size);
  for (let part = 0; part < parts; part += 1) {
    const piece = yield* get(partKey(path, version, part));
    if (piece === undefined) throw fsError("ENOENT", "read", path);
    bytes.set(piece, part * PART_BYTES);
  }
  return bytes;
}

export interface WriteOptions {
  readonly exclusive?: boolean;
  readonly append?: boolean;
}

export function* writeFile(path: string, bytes: Uint8Array, options: WriteOptions = {}): Operation<void> {
  const before = yield* get(path);
  if (before === undefined) yield* needRoomFor(path);
  if (before !== undefined && options.exclusive === true) throw fsError("EEXIST", "open", path);
  const old = before === undefined ? null : readHead(before);
  const all = options.append === true && old !== null ? joined(yield* readFile(path), bytes) : bytes;
  yield* store(path, all, (old?.version ?? 0) + 1);
  if (old !== null) yield* removeParts(path, old);
}

function* store(path: string, bytes: Uint8Array, version: number): Operation<void> {
  const [changedAt, size] = [Date.now(), bytes.byteLength];
  const small = size <= PART_BYTES;
  const parts = small ? 0 : Math.ceil(size / PART_BYTES);
  for (let part = 0; part < parts; part += 1) {
    const value = bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES);
    yield { op: "set", key: partKey(path, version, part), value };
  }
  yield {
    op: "set",
    key: path,
    value: writeHead({ changedAt, size, parts, version }, small ? bytes : undefined),
  };
}

function* removeParts(path: string, { parts, version }: Head): Operation<void> {
  for (let part = 0; part < parts; part += 1) yield { op: "delete", key: partKey(path, version, part) };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.byteLength + second.byteLength);
  bytes.set(first);
  bytes.set(second, first.byteLength);
  return bytes;
}

export function* makeFolder(path: string, recursive: boolean): Operation<string | undefined> {
  const there = yield* find(path);
  if (there !== null) {
    if (recursive && there.isFolder) return undefined;
    throw fsError("EEXIST", "mkdir", path);
  }
  const above = recursive ? yield* makeFolder(posix.dirname(path), true) : undefined;
  if (!recursive) yield* needFolderOf(path, "mkdir");
  const head = { changedAt: Date.now(), size: 0, parts: 0, version: 0 };
  yield { op: "set", key: folderKey(path), value: writeHead(head) };
  return above ?? path;
}

export interface Named {
  readonly name: string;
  readonly isFolder: boolean;
}

/** What stands in a folder, by name. */
export function* list(path: string): Operation<Named[]> {
  if (!(yield* stat(path, "scandir")).isFolder) throw fsError("ENOTDIR", "scandir", path);
  const prefix = folderKey(path);
  const keys = (yield { op: "list", key: prefix }) as readonly string[];
  const names = new Map<string, boolean>();
  // Memory is another store, and stands in the root all the same.
  if (path === "/") names.set("tmp", true);
  for (const key of keys) {
    const rest = key.slice(prefix.length).split(NUL)[0] ?? "";
    const [name = ""] = rest.split("/");
    if (name !== "") names.set(name, rest.includes("/") || names.get(name) === true);
  }
  return [...names].map(([name, isFolder]) => ({ name, isFolder }));
}

export function* removeFile(path: string): Operation<void> {
  const value = yield* get(path);
  if (value === undefined) throw fsError((yield* find(path)) === null ? "ENOENT" : "EISDIR", "unlink", path);
  yield { op: "delete", key: path };
  yield* removeParts(path, readHead(value));
}

export function* removeFolder(path: string): Operation<void> {
  if ((yield* list(path)).length > 0) throw fsError("ENOTEMPTY", "rmdir", path);
  yield { op: "delete", key: folderKey(path) };
}

export interface RemoveOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
}

export function* remove(path: string, options: RemoveOptions = {}): Operation<void> {
  const entry = yield* find(path);
  if (entry === null) {
    if (options.force === true) return;
    throw fsError("ENOENT", "rm", path);
  }
  if (!entry.isFolder) return yield* removeFile(path);
  if (options.recursive !== true) throw fsError("EISDIR", "rm", path);
  for (const { name } of yield* list(path)) yield* remove(posix.join(path, name), options);
  yield { op: "delete", key: folderKey(path) };
}

export function* copyFile(from: string, to: string): Operation<void> {
  yield* writeFile(to, yield* readFile(from));
}

/** The target is whole before the source goes: a kill between the two leaves both. */
export function* rename(from: string, to: string): Operation<void> {
  if (from === to) return;
  if (!(yield* stat(from, "rename")).isFolder) {
    yield* copyFile(from, to);
    return yield* removeFile(from);
  }
  yield* makeFolder(to, true);
  for (const { name } of yield* list(from)) yield* rename(posix.join(from, name), posix.join(to, name));
  yield { op: "delete", key: folderKey(from) };
}
