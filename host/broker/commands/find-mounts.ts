/**
 * The folders of a mount plan as they are on the disk: found without following links, and known again.
 *
 * Another plugin may write around a granted folder and put a link in its place. So each is walked to name by name
 * here, and its number on the disk is compared inside the sandbox, before the command starts (`guard.ts`).
 */
import { lstatSync, mkdirSync, type BigIntStats } from "node:fs";
import { openFolder } from "../held-folder.ts";
import { errorCode, fileError, systemError } from "../system-error.ts";
import type { Mount } from "./mounts.ts";

export interface FoundMount extends Mount {
  /** `device:inode`, decimal, as stat(1) writes them with `%d:%i`. */
  readonly identity: string;
}

/** What is not there is left out, but a folder to write is made. Throws an EffectError for a link on the way. */
export function findMounts(command: string, mounts: readonly Mount[]): FoundMount[] {
  return mounts.flatMap((mount) => {
    try {
      const stats = statsOf(mount);
      return stats === null ? [] : [{ ...mount, identity: `${stats.dev}:${stats.ino}` }];
    } catch (thrown) {
      throw fileError(`Cannot show "${mount.grant}" to "${command}"`, thrown);
    }
  });
}

/** Null for what is not there, and for what is neither a file nor a folder. */
function statsOf({ root, names, access }: Mount): BigIntStats | null {
  const isWritten = access === "write";
  try {
    const last = names.at(-1);
    using folder = openFolder(root, names.slice(0, -1), { create: isWritten });
    const path = last === undefined ? folder.path : folder.child(last);
    if (last === undefined) return lstatSync(`${path}/.`, { bigint: true });
    if (isWritten && lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path);
    const stats = lstatSync(path, { bigint: true });
    if (stats.isSymbolicLink()) throw systemError("ELOOP");
    return stats.isFile() || stats.isDirectory() ? stats : null;
  } catch (thrown) {
    if (errorCode(thrown) === "ENOENT") return null;
    throw thrown;
  }
}
