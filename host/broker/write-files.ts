/**
 * The writing effect on a file that policy has let through.
 *
 * `create` fails if the name is taken. `replace` writes beside the file and renames over it once all bytes are
 * on disk: a reader sees the old file or the new one. `append` adds to what is there. Missing folders on the
 * way are made, and stay. Nothing half written stays, except what an interrupted `append` has added.
 */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  write as writeDescriptor,
} from "node:fs";
import { promisify } from "node:util";
import type { EffectContext, EffectReply, FileWriteEffect } from "#host/base/effect.ts";
import { EffectError } from "./failure.ts";
import { NO_LINKS, openFolder, type HeldFolder } from "./held-folder.ts";
import { untilAborted } from "./owned-stream.ts";
import type { FilePass } from "./policy.ts";
import { anchored, refuseIrregular, splitLast, type FileOptions } from "./read-files.ts";
import { systemError } from "./system-error.ts";

const writeFrom = promisify(writeDescriptor);
const sync = promisify(fsync);

/** How a replacement is called until it is complete. Listings leave these names out. */
export const UNFINISHED = /^\.openclaw-[0-9a-f-]{36}\.part$/;

/** Head: `{size}`, the file's size afterwards in bytes. */
export async function writeFile(
  pass: FilePass,
  effect: FileWriteEffect,
  body: EffectContext["body"],
  options: FileOptions,
): Promise<EffectReply> {
  const { above, name } = splitLast(pass);
  if (name === null) throw systemError("EISDIR");
  using folder = openFolder(pass.root, above, { create: true, ...anchored(options) });
  const write = { folder, name, effect, body, options };
  const size = effect.mode === "replace" ? await replace(write) : await extend(write);
  return { ok: true, head: { size }, body: null };
}

interface Write {
  readonly folder: HeldFolder;
  readonly name: string;
  readonly effect: FileWriteEffect;
  readonly body: EffectContext["body"];
  readonly options: FileOptions;
}

async function replace({ folder, name, effect, body, options }: Write): Promise<number> {
  const old = lstatSync(folder.child(name), { throwIfNoEntry: false });
  if (old !== undefined) refuseIrregular(old);
  const part = folder.child(`.openclaw-${randomUUID()}.part`);
  const fd = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_LINKS);
  try {
    if (old !== undefined) fchmodSync(fd, old.mode & 0o777);
    const size = await pour(fd, 0, effect, body, options);
    folder.verify();
    renameSync(part, folder.child(name));
    await sync(folder.fd);
    return size;
  } catch (thrown) {
    rmSync(part, { force: true });
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

async function extend({ folder, name, effect, body, options }: Write): Promise<number> {
  const path = folder.child(name);
  const isNew = effect.mode === "create";
  const old = isNew ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (old !== undefined) refuseIrregular(old);
  const how = isNew ? constants.O_EXCL : constants.O_APPEND | constants.O_NONBLOCK;
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | how | NO_LINKS);
  try {
    const stats = fstatSync(fd);
    refuseIrregular(stats);
    folder.verify();
    return await pour(fd, stats.size, effect, body, options);
  } catch (thrown) {
    if (isNew) rmSync(path, { force: true });
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

/** Writes the body and waits until it is on disk. Answers the file's size. */
async function pour(
  fd: number,
  sizeBefore: number,
  effect: FileWriteEffect,
  body: EffectContext["body"],
  { signal, maxBytes }: FileOptions,
): Promise<number> {
  let size = sizeBefore;
  for await (const chunk of untilAborted(body, signal)) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new EffectError(
        "too-large",
        `Cannot write "${effect.path}": it would be larger than ${maxBytes} bytes`,
      );
    }
    for (let done = 0; done < chunk.length;) {
      done += (await writeFrom(fd, chunk, done, chunk.length - done, null)).bytesWritten;
    }
  }
  await sync(fd);
  return size;
}
