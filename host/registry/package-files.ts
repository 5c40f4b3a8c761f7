/**
 * The files below an installed plugin's `node_modules` on which its bundle depends, each with its hash.
 *
 * Guarantees that the bytes which are hashed are those which are bundled: the bundler gets them from here. With them
 * stand the `package.json` files on the way to each, which say how a file is to be read.
 */
import { readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { sha256 } from "./folder.ts";

export interface PackageReads {
  readonly packagesFolder: string | null;
  readonly packages?: Map<string, string>;
}

/** Throws where a file is another than it was a moment ago: a bundle may be made in two passes. */
export async function readPackageFile(path: string, reads: PackageReads): Promise<Uint8Array> {
  const bytes = await readFile(path);
  const { packages, packagesFolder } = reads;
  if (packages === undefined || packagesFolder === null) return bytes;
  const name = nameOf(path, await realpath(packagesFolder));
  // The SDK's own packages and valibot stand in the release's `node_modules`.
  if (name === null) return bytes;
  const hash = sha256(bytes);
  if ((packages.get(name) ?? hash) !== hash) throw new Error(`"${name}" changed while it was bundled`);
  packages.set(name, hash);
  return bytes;
}

/** Adds the `package.json` files that stand between `node_modules` and what was read. */
export async function addPackageFacts(folder: string | null, packages: Map<string, string>): Promise<void> {
  if (folder === null) return;
  const places = new Set([...packages.keys()].flatMap(placesAbove));
  await Promise.all(
    [...places].map(async (place) => {
      const name = `${place}/package.json`;
      const bytes = await readFile(join(folder, name)).catch(() => null);
      if (bytes !== null) packages.set(name, sha256(bytes));
    }),
  );
}

/** `node_modules/left/index.js`; null for what does not stand there. */
function nameOf(path: string, folder: string): string | null {
  const name = relative(folder, path).split(sep).join("/");
  return name.startsWith("node_modules/") ? name : null;
}

function placesAbove(name: string): string[] {
  const places: string[] = [];
  for (let place = dirname(name); place !== "."; place = dirname(place)) places.push(place);
  return places;
}
