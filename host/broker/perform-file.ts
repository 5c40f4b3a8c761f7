/** Files, done: each effect on a file, once the gate has let it through. */
import type { EffectContext, EffectReply, FileEffect, FileRenameEffect } from "#host/base/effect.ts";
import { hostOwn, type PathRoots } from "#manifests/paths.ts";
import { listFolder } from "./list-files.ts";
import { makeFolder, removePath, renamePath } from "./change-files.ts";
import type { FilePass, RenamePass } from "./policy.ts";
import { readFile, statFile, type FileOptions } from "./read-files.ts";
import { fileError } from "./system-error.ts";
import { UNFINISHED, writeFile } from "./write-files.ts";

const VERBS: Record<FileEffect["kind"], string> = {
  "file.read": "read",
  "file.write": "write",
  "file.stat": "look at",
  "file.list": "list",
  "file.mkdir": "make the folder",
  "file.remove": "delete",
};

/** Rejects with an EffectError that names the path as the plugin wrote it. */
export async function performFile(
  effect: FileEffect,
  pass: FilePass,
  body: EffectContext["body"],
  roots: PathRoots,
  options: FileOptions,
): Promise<EffectReply> {
  try {
    switch (effect.kind) {
      case "file.read":
        return readFile(pass, effect, options);
      case "file.stat":
        return statFile(pass, options);
      case "file.list":
        return listFolder(pass, effect.path, options, isHidden(pass, roots));
      case "file.write":
        return await writeFile(pass, effect, body, options);
      case "file.mkdir":
        return makeFolder(pass, options);
      case "file.remove":
        return await removePath(pass, effect, options);
    }
  } catch (thrown) {
    throw fileError(`Cannot ${VERBS[effect.kind]} "${effect.path}"`, thrown);
  }
}

/** As `performFile`, for what has two paths. */
export function performRename(effect: FileRenameEffect, pass: RenamePass, options: FileOptions): EffectReply {
  try {
    return renamePath(pass, effect, options);
  } catch (thrown) {
    throw fileError(`Cannot move "${effect.path}" to "${effect.to}"`, thrown);
  }
}

/** A listing shows nothing that could not be opened by rule: the host's own, and writes under way. */
function isHidden(pass: FilePass, roots: PathRoots): (name: string) => boolean {
  const folder = [pass.root, ...pass.names].join("/");
  return (name) => UNFINISHED.test(name) || hostOwn(`${folder}/${name}`, roots, "read") !== null;
}
