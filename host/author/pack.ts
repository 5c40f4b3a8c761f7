/**
 * `openclaw plugin pack`: one file that others install, and what it asks for.
 *
 * It holds the manifest, one bundle with every package that the code uses (its map names the author's files, so
 * that a crash still points at them), and the texts beside them. The same sources give the same bytes. Tests,
 * fixtures and what is of this machine stay out.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import type { PackedPlugin } from "#host/base/author.ts";
import type { Bundler } from "#host/registry/bundle.ts";
import { findEntry, PACKED_FILE } from "#host/registry/entry.ts";
import { type FolderLimits, readSources, sha256 } from "#host/registry/folder.ts";
import { MANIFEST_FILE, type Manifest } from "#manifests/manifest.ts";
import { rightLines } from "#manifests/rights.ts";
import { readManifest } from "./editor-files.ts";

export interface PackRequest {
  /** Absolute. */
  readonly folder: string;
  /** Where the file is put. */
  readonly into: string;
  readonly bundler: Bundler;
  readonly limits: FolderLimits;
}

/** Go along as they are. */
const TEXTS = /^(?:SKILL\.md|README(?:\.md)?|LICENSE(?:\.\w+)?|NOTICE(?:\.\w+)?|CHANGELOG\.md)$/;
/** In every archive, whenever it was made. */
const NO_TIME = new Date(0);

/** Rejects with `plugin.bundle`, `manifest.invalid` or `plugin.broken`. */
export async function packPlugin({ folder, into, bundler, limits }: PackRequest): Promise<PackedPlugin> {
  const manifest = await readManifest(folder);
  const version = versionOf(manifest);
  const { files } = await readSources(folder, limits);
  const entry = findEntry(files);
  const contents = new Map([...files].filter(([path]) => TEXTS.test(path)));
  contents.set(MANIFEST_FILE, manifestBytes(manifest));
  if (entry !== null) {
    const { id } = manifest;
    if (entry === PACKED_FILE) throw alreadyPacked(id);
    contents.set(
      PACKED_FILE,
      await bundler.bundle({ id, files, entry, packagesFolder: folder, minify: true }),
    );
  }
  const bytes = await archive(contents);
  const file = join(into, `${manifest.id}-${version}.openclaw.tgz`);
  await writeFile(file, bytes);
  return {
    file,
    id: manifest.id,
    version,
    bytes: bytes.length,
    sha256: sha256(bytes),
    asks: rightLines(manifest.permissions, manifest.id),
    files: [...contents.keys()].sort(),
  };
}

function alreadyPacked(id: string): HostError {
  return new HostError("plugin.broken", `Cannot pack "${id}": it is packed already (${PACKED_FILE})`, {
    fix: "Pack the folder that it was made of",
  });
}

function versionOf({ id, version }: Manifest): string {
  if (version !== undefined && /^\w[\w.+-]*$/.test(version)) return version;
  throw new HostError(
    "plugin.broken",
    `Cannot pack "${id}": its manifest has no "version" that a file can be named with`,
    {
      fix: 'Add one to openclaw.plugin.json, for example "version": "1.0.0"',
    },
  );
}

/** `$schema` leads into this machine, and is of use to nobody else. */
function manifestBytes(manifest: Manifest): Uint8Array {
  return Buffer.from(`${JSON.stringify({ ...manifest, $schema: undefined }, null, 2)}\n`);
}

async function archive(contents: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const { create } = await import("tar");
  const staging = await mkdtemp(join(tmpdir(), "openclaw-pack-"));
  try {
    const names = [...contents.keys()].sort().map((path) => `package/${path}`);
    for (const name of names) {
      await mkdir(dirname(join(staging, name)), { recursive: true });
      await writeFile(join(staging, name), contents.get(name.slice("package/".length)) ?? "", {
        mode: 0o644,
      });
    }
    const file = join(staging, "archive.tgz");
    await create(
      {
        file,
        cwd: staging,
        portable: true,
        mtime: NO_TIME,
        gzip: { level: 9, portable: true },
        noDirRecurse: true,
      },
      names,
    );
    return await readFile(file);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
