/** What the system's errors mean for a plugin: a code, and a sentence without paths that it did not name. */
import type { EffectFailure } from "#host/base/effect.ts";
import { EffectError } from "./failure.ts";

/** The `code` of a system error, such as `ENOENT`; empty for any other value. */
export function errorCode(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}

/** An error of the broker's own in the system's terms, so that one table gives both their sentences. */
export function systemError(code: "EEXIST" | "EISDIR" | "ELOOP" | "EFTYPE" | "ESTALE"): Error {
  return Object.assign(new Error(code), { code });
}

const MEANINGS: Partial<Record<string, readonly [EffectFailure["code"], string]>> = {
  ENOENT: ["not-found", "it does not exist"],
  ENOTDIR: ["denied", "a name on the way is a link or not a folder"],
  ELOOP: ["denied", "a link stands on the way, and links are not followed"],
  EEXIST: ["exists", "it exists already"],
  EISDIR: ["invalid", "it is a folder"],
  EFTYPE: ["invalid", "it is neither a file nor a folder"],
  ESTALE: ["denied", "what stands at the path was swapped while it was opened"],
  ENOTEMPTY: ["invalid", "the folder is not empty"],
  EINVAL: ["invalid", "a folder cannot come to lie in itself"],
  EXDEV: ["io", "it would come to another file system"],
  ENAMETOOLONG: ["invalid", "its name is too long for this file system"],
  EACCES: ["io", "the system does not let the host do it"],
  EPERM: ["io", "the system does not let the host do it"],
  EROFS: ["io", "the file system is read-only"],
  ENOSPC: ["io", "the disk is full"],
  EDQUOT: ["io", "the disk quota is used up"],
  EMFILE: ["io", "the host has too many files open"],
  ENFILE: ["io", "the system has too many files open"],
};

/** `doing` is the sentence's first half, for example `Cannot read "notes.txt"`. */
export function fileError(doing: string, thrown: unknown): EffectError {
  if (thrown instanceof EffectError) return thrown;
  const code = errorCode(thrown);
  const [kind, meaning] = MEANINGS[code] ?? ["io", code === "" ? "it failed" : `the system answered ${code}`];
  return new EffectError(kind, `${doing}: ${meaning}`, { cause: thrown });
}
