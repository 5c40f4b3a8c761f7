/**
 * Brings a plugin from a folder, an archive or npm into the state folder.
 *
 * The copy is made beside its place, bundled and verified there, and only then put into place: the earlier
 * version serves until the new one is known to be good. Install scripts are never run.
 */
import {
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { isAbsolute, basename, dirname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { type ArchiveLimits, unpack } from "./archive.ts";
import { readPackageFacts } from "./entry.ts";
import { sha256, type Sources } from "./folder.ts";
import { loadVersion, type PluginVersion, type VersionDeps } from "./version.ts";

/** Downloads a package's archive. Compose gives it the broker. */
export type FetchPackage = (name: string) => Promise<Uint8Array>;

export interface InstallDeps extends VersionDeps {
  /** Where plugins stand: `<state>/plugins`. */
  readonly plugins: string;
  readonly archiveLimits: ArchiveLimits;
  readonly fetchPackage: FetchPackage | null;
  readonly log: Log;
}

/** A verified copy beside its place. */
export interface Staged {
  readonly version: PluginVersion;
  /** `Provenance.source`. */
  readonly source: string;
  /** One hash of what the bundle took from `node_modules`; null for nothing. */
  readonly packages: string | null;
  /** Puts it into its place and gives the place. What stood there is deleted. */
  commit(): Promise<string>;
  discard(): Promise<void>;
}

/** Names that begin with a dot are never taken for plugins. No id holds a dot. */
export const INSTALLING = ".installing-";
const REPLACED = ".replaced-";

/** Packages that the host gives to every plugin. */
const GIVEN = new Set(["openclaw", "valibot"]);

/** `source`: absolute path of a folder or `.tgz`, or the name of an npm package. */
export async function stage(
  source: string,
  earlier: PluginVersion | null,
  deps: InstallDeps,
): Promise<Staged> {
  await mkdir(deps.plugins, { recursive: true });
  const folder = await mkdtemp(join(deps.plugins, INSTALLING));
  const discard = () => rm(folder, { recursive: true, force: true });
  let packages: string | null = null;
  try {
    const from = await copyTo(folder, source, deps);
    const version = await loadVersion(
      {
        folder,
        packagesFolder: folder,
        describeIn: "rightless",
        earlier,
        inspect: (sources) => checkDependencies(sources, folder),
        inspectPackages: (hash) => (packages = hash),
      },
      deps,
    );
    const commit = () => putInPlace(folder, join(deps.plugins, version.manifest.id));
    return { version, source: from, packages, discard, commit };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Answers with the source as it is noted (`Provenance`). */
async function copyTo(folder: string, source: string, deps: InstallDeps): Promise<string> {
  if (!isAbsolute(source)) {
    await unpackTo(folder, await download(source, deps.fetchPackage), deps);
    return `npm:${source.replace(/(?!^)@.*$/, "")}`;
  }
  const found = await stat(source).catch(() => null);
  if (found === null)
    throw new HostError("request.invalid", `Cannot install "${source}": there is no such file or folder`);
  if (found.isDirectory()) {
    await copyFolder(source, folder, deps.archiveLimits);
    return `folder:${await realpath(source)}`;
  }
  if (found.size > deps.archiveLimits.maxArchiveBytes) {
    throw new HostError(
      "plugin.broken",
      `Cannot install "${source}": larger than ${deps.archiveLimits.maxArchiveBytes} bytes`,
    );
  }
  const archive = await readFile(source);
  await unpackTo(folder, archive, deps);
  return `archive:${sha256(archive)}`;
}

/** `.bin` holds links to programs that nobody will run. */
const NOT_COPIED = new Set([".git", ".bin"]);

async function copyFolder(from: string, to: string, limits: ArchiveLimits): Promise<void> {
  let [files, bytes] = [0, 0];
  const filter = async (path: string) => {
    if (path !== from && NOT_COPIED.has(basename(path))) return false;
    const { size } = await lstat(path);
    bytes += size;
    if (++files > limits.maxInstallFiles || bytes > limits.maxInstallBytes) {
      const most = `${limits.maxInstallFiles} files or ${limits.maxInstallBytes} bytes`;
      throw new HostError("plugin.broken", `Cannot install "${from}": it holds more than ${most}`);
    }
    return true;
  };
  // A link that is copied as it is leads out of the copy, where reading and bundling refuse it.
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter });
}

async function unpackTo(folder: string, archive: Uint8Array, deps: InstallDeps): Promise<void> {
  for (const [path, bytes] of await unpack(archive, deps.archiveLimits)) {
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    } catch (cause) {
      // A name that is too long, or one thing that is a file and a folder.
      const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
      throw new HostError("plugin.broken", `Cannot unpack the archive: "${shown}" cannot be written`, {
        fix: 'Pack the plugin with "npm pack"',
        cause,
      });
    }
  }
}

async function download(name: string, fetchPackage: FetchPackage | null): Promise<Uint8Array> {
  if (!/^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*(?:@[\w.^~-]+)?$/.test(name)) {
    throw new HostError(
      "request.invalid",
      `Cannot install "${name}": it is neither an absolute path nor the name of an npm package`,
    );
  }
  if (fetchPackage !== null) return fetchPackage(name);
  throw new HostError(
    "request.invalid",
    `Cannot install "${name}" from npm: this gateway cannot download packages`,
    {
      fix: `Run "npm pack ${name}" and install the .tgz file`,
    },
  );
}

async function checkDependencies({ files }: Sources, folder: string): Promise<void> {
  const needed = readPackageFacts(files).dependencies.filter((name) => !GIVEN.has(name));
  const installed = await stat(join(folder, "node_modules")).catch(() => null);
  if (needed.length === 0 || installed !== null) return;
  throw new HostError(
    "plugin.broken",
    `Cannot install the plugin: it needs ${needed.map((name) => `"${name}"`).join(", ")} and has no node_modules`,
    { fix: 'Unpack it, run "npm install --omit=dev --ignore-scripts" in its folder and install that folder' },
  );
}

async function putInPlace(folder: string, place: string): Promise<string> {
  const old = join(dirname(place), `${REPLACED}${basename(place)}.${crypto.randomUUID()}`);
  const hadOne = await rename(place, old).then(
    () => true,
    () => false,
  );
  try {
    await rename(folder, place);
  } catch (error) {
    if (hadOne) await rename(old, place);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
  return place;
}

/**
 * Tidies up after a gateway that was killed while it installed: copies are deleted, and what was moved
 * aside goes back if nothing came into its place.
 */
export async function tidyInstalls(plugins: string): Promise<void> {
  const names = await readdir(plugins).catch(() => []);
  for (const name of names) {
    if (name.startsWith(REPLACED)) {
      const place = join(plugins, name.slice(REPLACED.length).split(".")[0] ?? "");
      const inPlace = await stat(place).catch(() => null);
      if (inPlace === null) await rename(join(plugins, name), place);
    }
    if (name.startsWith(REPLACED) || name.startsWith(INSTALLING)) {
      await rm(join(plugins, name), { recursive: true, force: true });
    }
  }
}
