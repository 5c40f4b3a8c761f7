/**
 * Reading and looking at files that policy has let through.
 *
 * Only regular files are opened: a FIFO would block, a device may act on being opened. Links are shown as
 * `other` and never followed.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  read as readDescriptor,
  type Stats,
} from "node:fs";
import { promisify } from "node:util";
import type { EffectReply, FileReadEffect } from "#host/base/effect.ts";
import type { JsonObject } from "#host/base/json.ts";
import { PIPE } from "#host/base/limits.ts";
import { EffectError } from "./failure.ts";
import { NO_LINKS, openFolder, type Anchoring } from "./held-folder.ts";
import { ownedStream } from "./owned-stream.ts";
import type { FilePass } from "./policy.ts";
import { systemError } from "./system-error.ts";

export interface FileOptions {
  readonly signal: AbortSignal;
  /** Bytes of one file that a plugin may read or write. */
  readonly maxBytes: number;
  /** Entries of one listing. */
  readonly maxEntries: number;
  readonly anchoring?: Anchoring;
}

export type Done = Extract<EffectReply, { ok: true }>;

const readInto = promisify(readDescriptor);

/** Head: `{size}`, the bytes that will come. */
export function readFile(pass: FilePass, effect: FileReadEffect, options: FileOptions): Done {
  const { fd, size } = openRegular(pass, options);
  const offset = Math.min(effect.offset ?? 0, size);
  const length = Math.min(effect.length ?? size, size - offset);
  if (length > options.maxBytes) {
    closeSync(fd);
    throw new EffectError(
      "too-large",
      `Cannot read "${effect.path}": ${length} bytes, and at most ${options.maxBytes} are read at once`,
      { fix: "Read a part of it, with offset and length" },
    );
  }
  return { ok: true, head: { size: length }, body: fileBody(fd, offset, length, options.signal) };
}

/** Head: `{type, size, modifiedAt}`. */
export function statFile(pass: FilePass, options: FileOptions): Done {
  const { above, name } = splitLast(pass);
  using folder = openFolder(pass.root, above, { create: false, ...anchored(options) });
  const stats = name === null ? fstatSync(folder.fd) : lstatSync(folder.child(name));
  folder.verify();
  return { ok: true, head: describeFile(stats), body: null };
}

/** The folder's names and, apart, the last one; null where the path is the root itself. */
export function splitLast(pass: FilePass): {
  readonly above: readonly string[];
  readonly name: string | null;
} {
  return { above: pass.names.slice(0, -1), name: pass.names.at(-1) ?? null };
}

export function anchored({ anchoring }: FileOptions): { readonly anchoring?: Anchoring } {
  return anchoring === undefined ? {} : { anchoring };
}

/** Throws for what is not a regular file. */
export function refuseIrregular(stats: Stats): void {
  if (stats.isFile()) return;
  throw systemError(stats.isDirectory() ? "EISDIR" : stats.isSymbolicLink() ? "ELOOP" : "EFTYPE");
}

function openRegular(pass: FilePass, options: FileOptions): { fd: number; size: number } {
  const { above, name } = splitLast(pass);
  if (name === null) throw systemError("EISDIR");
  using folder = openFolder(pass.root, above, { create: false, ...anchored(options) });
  refuseIrregular(lstatSync(folder.child(name)));
  const fd = openSync(folder.child(name), constants.O_RDONLY | constants.O_NONBLOCK | NO_LINKS);
  try {
    // Once more, for what was opened: the name may have been swapped in between.
    const stats = fstatSync(fd);
    refuseIrregular(stats);
    folder.verify();
    return { fd, size: stats.size };
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

function fileBody(
  fd: number,
  offset: number,
  length: number,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let position = offset;
  const end = offset + length;
  let reading: Promise<unknown> = Promise.resolve();
  const next = async () => {
    const chunk = new Uint8Array(Math.min(PIPE.chunkBytes, end - position));
    if (chunk.length === 0) return null;
    const read = readInto(fd, chunk, 0, chunk.length, position);
    reading = read.catch(() => undefined);
    const { bytesRead } = await read;
    position += bytesRead;
    return bytesRead === 0 ? null : chunk.subarray(0, bytesRead);
  };
  // Closed under a running read, the number could by then be another file's.
  const release = () => void reading.then(() => closeSync(fd));
  return ownedStream(next, release, signal);
}

/** As replies tell of a file. `modifiedAt` in ms since 1970. */
export function describeFile(stats: Stats): JsonObject {
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
  return { type, size: stats.size, modifiedAt: Math.trunc(stats.mtimeMs) };
}
