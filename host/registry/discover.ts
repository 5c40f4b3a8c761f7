/**
 * Which folders hold a plugin or a skill, by their names and stamps alone: nothing is read, bundled or run.
 *
 * Guarantees that a root which cannot be read is told apart from one that is empty, so that a lost mount
 * does not look like every plugin being deleted; one that holds too much is such a root. Follows no link. Names that start with a dot are ours
 * (folders being installed) or nobody's.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { asHostError, explain } from "#host/base/errors.ts";
import { MANIFEST_FILE } from "#manifests/manifest.ts";
import { SKILL_FILE } from "#manifests/skill.ts";
import { type FileStamp, fingerprintOf, type FolderLimits, listFiles } from "./folder.ts";

export interface Root {
  /** Absolute path. */
  readonly path: string;
  readonly origin: "builtin" | "dropped";
  /** How many folders deep a plugin or skill may stand: 1 is directly in the root. */
  readonly depth: number;
  /** What is looked for: in a root of skills, a `SKILL.md` is enough. */
  readonly holds: "plugins" | "skills";
}

export interface Found {
  /** Absolute path. */
  readonly folder: string;
  readonly root: Root;
  /** `skill`: a `SKILL.md` and no manifest. */
  readonly kind: "plugin" | "skill";
  /** Equal as long as nothing in the folder is touched. */
  readonly fingerprint: string;
  /** Milliseconds since 1970 of the last change of any file in it. */
  readonly changedAt: number;
}

export interface Discovery {
  readonly found: readonly Found[];
  /** Roots that could not be read, for another reason than not being there. */
  readonly unreadable: readonly Root[];
}

export interface DiscoverLimits extends FolderLimits {
  readonly maxRootFolders: number;
}

/** What of one root may still be looked at. */
interface Budget extends FolderLimits {
  left: number;
}

export async function discover(roots: readonly Root[], limits: DiscoverLimits): Promise<Discovery> {
  const unreadable: Root[] = [];
  const found = await Promise.all(
    roots.map(async (root) => {
      try {
        return await lookInto(root.path, root, root.depth, { ...limits, left: limits.maxRootFolders });
      } catch (error) {
        if (!isMissing(error)) unreadable.push(root);
        return [];
      }
    }),
  );
  return { found: found.flat(), unreadable };
}

async function lookInto(folder: string, root: Root, depth: number, budget: Budget): Promise<Found[]> {
  return lookBelow(folder, await entriesOf(folder), root, depth, budget);
}

/** Throws once the root is used up: then it is one that cannot be read. */
async function lookBelow(
  folder: string,
  entries: readonly Dirent[],
  root: Root,
  depth: number,
  budget: Budget,
): Promise<Found[]> {
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  budget.left -= folders.length;
  if (budget.left < 0) throw new Error("it holds too many folders");
  const found = await Promise.all(
    folders.map(({ name }) => lookAt(join(folder, name), root, depth, budget).catch(ignoreMissing)),
  );
  return found.flat();
}

async function lookAt(folder: string, root: Root, depth: number, budget: Budget): Promise<Found[]> {
  // What cannot be looked into is no plugin; a group of skills that cannot is a root that is not whole.
  const entries = await entriesOf(folder).catch((error: unknown) => (depth > 1 ? raise(error) : []));
  const holds = (file: string) => entries.some((entry) => entry.name === file && entry.isFile());
  if (holds(MANIFEST_FILE)) {
    return [{ folder, root, kind: "plugin", ...(await stampPlugin(folder, entries, budget)) }];
  }
  const skill =
    root.holds === "skills" && holds(SKILL_FILE) ? await stampFile(join(folder, SKILL_FILE)) : null;
  if (skill !== null) return [{ folder, root, kind: "skill", ...stampsOf([skill]) }];
  return depth > 1 ? lookBelow(folder, entries, root, depth - 1, budget) : [];
}

function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true });
}

function raise(error: unknown): never {
  throw error;
}

/** A folder that breaks a limit is found all the same: reading it says what is wrong. */
async function stampPlugin(
  folder: string,
  entries: readonly Dirent[],
  limits: FolderLimits,
): Promise<Pick<Found, "fingerprint" | "changedAt">> {
  try {
    return stampsOf(await listFiles(folder, limits, entries));
  } catch (error) {
    if (isMissing(error)) throw error;
    return { fingerprint: `unreadable: ${explain(asHostError(error))}`, changedAt: Date.now() };
  }
}

function stampsOf(files: readonly FileStamp[]): Pick<Found, "fingerprint" | "changedAt"> {
  const changedAt = files.reduce((latest, file) => Math.max(latest, file.changedAt), 0);
  return { fingerprint: fingerprintOf(files), changedAt };
}

async function stampFile(path: string): Promise<FileStamp | null> {
  const stat = await lstat(path).catch(() => null);
  if (stat?.isFile() !== true) return null;
  const stamp = `${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}:${stat.ino}`;
  return { path: SKILL_FILE, size: stat.size, stamp, changedAt: Math.max(stat.mtimeMs, stat.ctimeMs) };
}

/** What is deleted while it is looked at is not there. */
function ignoreMissing(error: unknown): Found[] {
  if (isMissing(error)) return [];
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
