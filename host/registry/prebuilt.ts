/**
 * Bundles of the built-in plugins, made with the release, so that nothing is bundled on a user's machine.
 *
 * A bundle is used only for exactly the sources that it was made of: in a clone whose plugin was edited it
 * is passed over.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as v from "valibot";
import { REGISTRY } from "#host/base/limits.ts";
import type { Bundler } from "./bundle.ts";
import { findEntry } from "./entry.ts";
import { readSources, sha256 } from "./folder.ts";
import type { Prebuilt } from "./version.ts";

const Facts = v.object({ sourceHash: v.string(), bundleHash: v.string() });

/** `folder` holds `<id>.js` and `<id>.json`; null if the release brought none. */
export function createPrebuilt(folder: string | null): Prebuilt {
  return async (id, sourceHash) => {
    if (folder === null) return null;
    const text = await readFile(join(folder, `${id}.json`), "utf8").catch(() => null);
    if (text === null) return null;
    const facts = v.parse(Facts, JSON.parse(text));
    if (facts.sourceHash !== sourceHash) return null;
    const bundle = await readFile(join(folder, `${id}.js`)).catch(() => null);
    return bundle !== null && sha256(bundle) === facts.bundleHash ? bundle : null;
  };
}

/**
 * Makes the two files of one plugin, with packages from the release's own `node_modules`. Rejects as bundling
 * does; a plugin without code makes none.
 */
export async function writePrebuilt(
  plugin: string,
  {
    outDir,
    release,
    bundler,
  }: { readonly outDir: string; readonly release: string; readonly bundler: Bundler },
): Promise<void> {
  const { files, hash: sourceHash } = await readSources(plugin, REGISTRY);
  const entry = findEntry(files);
  if (entry === null) return;
  const id = basename(plugin);
  const bundle = await bundler.bundle({ id, files, entry, packagesFolder: release });
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, `${id}.js`), bundle);
  await writeFile(join(outDir, `${id}.json`), JSON.stringify({ sourceHash, bundleHash: sha256(bundle) }));
}
