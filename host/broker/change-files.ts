/**
 * Making, deleting and moving files and folders that policy has let through.
 *
 * Every name is looked up in a held folder, as for reading and writing: no link is followed, and a swap on the way leads
 * nowhere. A link that is deleted goes itself. A folder is deleted whole only within `BROKER.maxRemoveEntries`, counted
 * before anything is gone, in steps between which the host does other work.
 */
import { lstatSync, opendirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { FileRemoveEffect, FileRenameEffect } from "#host/base/effect.ts";
import { BROKER } from "#host/base/limits.ts";
import { aborted, EffectError } from "./failure.ts";
import { openChild, openFolder, type HeldFolder } from "./held-folder.ts";
import type { FilePass, RenamePass } from "./policy.ts";
import { anchored, refuseIrregular, splitLast, type Done, type FileOptions } from "./read-files.ts";
import { systemError } from "./system-error.ts";

const DONE: Done = { ok: true, head: {}, body: null };
/** Entries between two looks at what else the host has to do. */
const STEP = 64;

export function makeFolder(pass: FilePass, options: FileOptions): Done {
  openFolder(pass.root, pass.names, { create: true, ...anchored(options) })[Symbol.dispose]();
  return DONE;
}

export async function removePath(
  pass: FilePass,
  { path, recursive }: FileRemoveEffect,
  options: FileOptions,
): Promise<Done> {
  const { above, name } = splitLast(pass);
  if (name === null) throw systemError("EISDIR");
  using folder = openFolder(pass.root, above, { create: false, ...anchored(options) });
  const isFolder = lstatSync(folder.child(name)).isDirectory();
  folder.verify();
  if (isFolder && recursive) {
    const walk = { path, options, seen: 0 };
    await eachBelow(folder, name, walk, () => undefined);
    await eachBelow(folder, name, { ...walk, seen: 0 }, (above, child, isDirectory) =>
      isDirectory ? rmdirSync(above.child(child)) : unlinkSync(above.child(child)),
    );
  }
  if (isFolder) rmdirSync(folder.child(name));
  else unlinkSync(folder.child(name));
  return DONE;
}

interface Walk {
  readonly path: string;
  readonly options: FileOptions;
  seen: number;
}

type Visit = (above: HeldFolder, name: string, isDirectory: boolean) => void;

/** Visits what is in a folder, the inner before the outer, never through a link. */
async function eachBelow(
  above: HeldFolder,
  name: string,
  walk: Walk,
  visit: Visit,
  depth = 1,
): Promise<void> {
  if (depth > BROKER.maxRemoveDepth) throw tooLarge(walk, `is deeper than ${BROKER.maxRemoveDepth} folders`);
  using folder = openChild(above, name, false, walk.options.anchoring);
  for (const child of namesIn(folder)) {
    walk.seen += 1;
    if (walk.seen > BROKER.maxRemoveEntries)
      throw tooLarge(walk, `holds more than ${BROKER.maxRemoveEntries} entries`);
    if (walk.seen % STEP === 0) await setImmediate();
    if (walk.options.signal.aborted) throw aborted();
    const isDirectory = lstatSync(folder.child(child)).isDirectory();
    if (isDirectory) await eachBelow(folder, child, walk, visit, depth + 1);
    folder.verify();
    visit(folder, child, isDirectory);
  }
}

/** One more than may be deleted is enough to know. */
function namesIn(folder: HeldFolder): string[] {
  const reader = opendirSync(folder.path);
  const names: string[] = [];
  try {
    for (let entry = reader.readSync(); entry !== null; entry = reader.readSync()) {
      names.push(entry.name);
      if (names.length > BROKER.maxRemoveEntries) break;
    }
    return names;
  } finally {
    reader.closeSync();
  }
}

function tooLarge({ path }: Walk, why: string): EffectError {
  return new EffectError("too-large", `Cannot delete "${path}": it ${why}`, {
    fix: "Delete what is in it in parts",
  });
}

export function renamePath(pass: RenamePass, { replace }: FileRenameEffect, options: FileOptions): Done {
  const from = splitLast(pass);
  const to = splitLast({ allowed: true, ...pass.to });
  if (from.name === null || to.name === null) throw systemError("EISDIR");
  using source = openFolder(pass.root, from.above, { create: false, ...anchored(options) });
  using target = openFolder(pass.to.root, to.above, { create: false, ...anchored(options) });
  const stats = lstatSync(source.child(from.name));
  if (!stats.isDirectory()) refuseIrregular(stats);
  const there = lstatSync(target.child(to.name), { throwIfNoEntry: false });
  if (there !== undefined && (!replace || stats.isDirectory())) throw systemError("EEXIST");
  if (there !== undefined) refuseIrregular(there);
  source.verify();
  target.verify();
  renameSync(source.child(from.name), target.child(to.name));
  return DONE;
}
