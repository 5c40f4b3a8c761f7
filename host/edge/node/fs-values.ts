/** What `node:fs` gives back: stats, directory entries, text or bytes. */
import type { Entry, Named } from "./fs-tree.ts";

const FILE_MODE = 0o100_644;
const FOLDER_MODE = 0o040_755;
const BLOCK_BYTES = 512;
const SAME = { dev: 0, ino: 0, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4_096 };

export function statsOf({ isFolder, size, changedAt }: Entry) {
  const time = new Date(changedAt);
  return {
    ...kindOf(isFolder),
    size,
    mode: isFolder ? FOLDER_MODE : FILE_MODE,
    ...SAME,
    blocks: Math.ceil(size / BLOCK_BYTES),
    atimeMs: changedAt,
    mtimeMs: changedAt,
    ctimeMs: changedAt,
    birthtimeMs: changedAt,
    atime: time,
    mtime: time,
    ctime: time,
    birthtime: time,
  };
}

export function direntOf(folder: string, { name, isFolder }: Named) {
  return { name, parentPath: folder, path: folder, ...kindOf(isFolder) };
}

function kindOf(isFolder: boolean) {
  const no = () => false;
  return {
    isFile: () => !isFolder,
    isDirectory: () => isFolder,
    isSymbolicLink: no,
    isFIFO: no,
    isSocket: no,
    isBlockDevice: no,
    isCharacterDevice: no,
  };
}

export type Options =
  { readonly encoding?: BufferEncoding | null; readonly flag?: string } | BufferEncoding | null;

export function encodingOf(options: Options | undefined): BufferEncoding | null {
  return (typeof options === "string" ? options : options?.encoding) ?? null;
}

export function decoded(bytes: Uint8Array<ArrayBuffer>, options: Options | undefined): string | Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = encodingOf(options);
  return encoding === null ? buffer : buffer.toString(encoding);
}

export function encoded(data: unknown, options?: Options): Uint8Array {
  if (data instanceof Uint8Array) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return Buffer.from(String(data), encodingOf(options) ?? "utf8");
}

/** `w`, `a`, `wx`, `ax` and their like. */
export function writeOptionsOf(options: Options | undefined, otherwise = "w") {
  const flag = (typeof options === "object" ? options?.flag : undefined) ?? otherwise;
  return { append: flag.startsWith("a"), exclusive: flag.includes("x") };
}
