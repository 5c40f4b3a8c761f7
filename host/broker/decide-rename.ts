/**
 * Policy for moving a file or folder: both ends must be writable, and moving must not open anything.
 *
 * Pure. A plugin that may write somewhere without reading there must not read by moving it to where it may read.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { FileRenameEffect } from "#host/base/effect.ts";
import { isBeneath, resolvePath } from "#manifests/paths.ts";
import { placeOf, stayingIfHeld } from "./decide-file.ts";
import { deedOf } from "./describe.ts";
import type { Facts, FilePass, RenamePass } from "./policy.ts";

export function decideRename(facts: Facts, request: FileRenameEffect): RenamePass | Denied {
  const cannot = `Cannot ${deedOf(request)}`;
  const from = placeOf(facts, request.path, "write", cannot);
  if (!from.allowed) return from;
  const to = placeOf(facts, request.to, "write", cannot);
  if (!to.allowed) return to;
  const held = stayingIfHeld(facts, from, cannot) ?? stayingIfHeld(facts, to, cannot);
  if (held !== null) return held;
  if (!isReadable(facts, from) && opensReading(facts, to)) {
    return denied(
      `${cannot}: the plugin may not read it, and could where it is moved to`,
      "Declare and grant reading where it comes from",
    );
  }
  return { ...from, to: { root: to.root, names: to.names } };
}

function isReadable(facts: Facts, place: FilePass): boolean {
  return readFolders(facts).some((folder) => isBeneath(pathOf(place), folder));
}

/** Whether the place, or anything below it, may be read. */
function opensReading(facts: Facts, place: FilePass): boolean {
  const path = pathOf(place);
  return readFolders(facts).some((folder) => isBeneath(path, folder) || isBeneath(folder, path));
}

function readFolders({ rights, roots }: Facts): string[] {
  return rights.read.flatMap((text) => {
    const folder = resolvePath(text, roots);
    return folder.ok ? [folder.path] : [];
  });
}

function pathOf({ root, names }: FilePass): string {
  return [root, ...names].join("/");
}
