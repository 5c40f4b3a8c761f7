/** Listing a folder that policy has let through. */
import { lstatSync, opendirSync } from "node:fs";
import type { JsonObject } from "#host/base/json.ts";
import { BROKER } from "#host/base/limits.ts";
import { EffectError } from "./failure.ts";
import { openFolder, type HeldFolder } from "./held-folder.ts";
import type { FilePass } from "./policy.ts";
import { anchored, describeFile, type Done, type FileOptions } from "./read-files.ts";

/** Names that may be hidden must not use up the listing. */
const MARGIN = 16;

/** Head: `{entries: [{name, type, size, modifiedAt}]}`, by name. `hide` leaves names out. */
export function listFolder(
  pass: FilePass,
  path: string,
  options: FileOptions,
  hide: (name: string) => boolean,
): Done {
  using folder = openFolder(pass.root, pass.names, { create: false, ...anchored(options) });
  const names = namesIn(folder, options.maxEntries).filter((name) => !hide(name));
  if (names.length > options.maxEntries) {
    throw new EffectError(
      "too-large",
      `Cannot list "${path}": it holds more than ${options.maxEntries} entries`,
    );
  }
  const entries = names.sort().flatMap((name) => entryOf(folder, name));
  folder.verify();
  if (Buffer.byteLength(JSON.stringify(entries)) > BROKER.maxListBytes) {
    throw new EffectError(
      "too-large",
      `Cannot list "${path}": the names in it take more than ${BROKER.maxListBytes} bytes`,
    );
  }
  return { ok: true, head: { entries }, body: null };
}

function namesIn(folder: HeldFolder, max: number): string[] {
  const reader = opendirSync(folder.path);
  const names: string[] = [];
  try {
    for (let entry = reader.readSync(); entry !== null; entry = reader.readSync()) {
      names.push(entry.name);
      if (names.length > max + MARGIN) break;
    }
    return names;
  } finally {
    reader.closeSync();
  }
}

/** Empty for what went away since its name was read. */
function entryOf(folder: HeldFolder, name: string): JsonObject[] {
  const stats = lstatSync(folder.child(name), { throwIfNoEntry: false });
  return stats === undefined ? [] : [{ name, ...describeFile(stats) }];
}
