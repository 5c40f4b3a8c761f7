/**
 * What a plugin's command sees of the owner's files: the folders that the plugin may read and write, no more.
 *
 * Pure. Stricter than the plugin's own file effects in one thing: a bind cannot leave single files out, so a
 * granted folder that holds files of the host is not bound, and the state folder is masked within whatever lies
 * around it. What a write grant covers can be read by a command too.
 */
import { dirname } from "node:path";
import {
  fold,
  HOST_OWN,
  HOST_WRITTEN,
  hostOwn,
  isBeneath,
  namesBelow,
  resolvePath,
} from "#manifests/paths.ts";
import type { PathRoots } from "#manifests/paths.ts";
import type { Rights } from "#manifests/rights.ts";

export interface Mount {
  /** The line of the grant, for sentences: the plugin need not learn where its folders lie. */
  readonly grant: string;
  /** Absolute, and the same inside. */
  readonly path: string;
  readonly access: "read" | "write";
  /** One of the roots, and the names that lead from it to the path. */
  readonly root: string;
  readonly names: readonly string[];
}

export interface MountPlan {
  /** Outer ones first. */
  readonly mounts: readonly Mount[];
  /** Folders that are shown empty: they lie within a mount and are not granted. */
  readonly masks: readonly string[];
}

export function planMounts(rights: Pick<Rights, "read" | "write">, roots: PathRoots): MountPlan {
  const granted = [
    ...rights.write.flatMap((text) => mountOf(text, "write", roots)),
    ...rights.read.flatMap((text) => mountOf(text, "read", roots)),
  ];
  const needed = granted.filter(
    (mount, index) => !granted.some((other, at) => covers(other, mount, at < index, roots.state)),
  );
  const mounts = [...needed, ...pinsIn(needed, roots)].sort(
    (one, other) => one.path.length - other.path.length,
  );
  const isMasked = mounts.some(({ path }) => isBeneath(roots.state, path));
  return { mounts, masks: isMasked ? [roots.state] : [] };
}

/**
 * Mounts that hold the roots where they are: what is a mount cannot be renamed from inside. Without them a command
 * could move the folder around the state folder, mask and all, and the next one would find it unmasked; or put a
 * link in a root's place.
 */
function pinsIn(mounts: readonly Mount[], { state, ...others }: PathRoots): Mount[] {
  const open = Object.values(others).filter((root) => root !== null && !isBeneath(root, state));
  const held = [dirname(state), ...open].flatMap((root) => (root === null ? [] : pinsTo(root, mounts)));
  return held.filter(
    ({ path }, index) => ![...mounts, ...held.slice(0, index)].some((mount) => mount.path === path),
  );
}

/** Each folder below the mount that shows this one, down to it. */
function pinsTo(folder: string, mounts: readonly Mount[]): Mount[] {
  const above = mounts.filter(({ path }) => isBeneath(folder, path));
  const mount = above.sort((one, other) => other.path.length - one.path.length)[0];
  if (mount?.access !== "write") return [];
  const below = namesBelow(folder, mount.path);
  return below.map((_, at) => {
    const names = [...mount.names, ...below.slice(0, at + 1)];
    return { ...mount, names, path: [mount.root, ...names].join("/") };
  });
}

/** Whether a command in these mounts can stand in this folder. */
export function showsPath({ mounts, masks }: MountPlan, path: string): boolean {
  const deepest = (paths: readonly string[]) =>
    Math.max(-1, ...paths.filter((each) => isBeneath(path, each)).map((each) => each.length));
  return deepest(mounts.map((mount) => mount.path)) > deepest(masks);
}

function mountOf(text: string, access: Mount["access"], roots: PathRoots): Mount[] {
  const resolved = resolvePath(text, roots);
  const root = resolvePath(text.split("/", 1)[0] ?? "", roots);
  if (!resolved.ok || !root.ok) return [];
  const { path } = resolved;
  const isShown = path !== "/" && hostOwn(path, roots, access) === null && !holdsHostOwn(path, roots, access);
  return isShown ? [{ grant: text, path, access, root: root.path, names: namesBelow(path, root.path) }] : [];
}

/** Whether files of the host lie below a folder within the state folder, or may come to. */
export function holdsHostOwn(path: string, roots: PathRoots, access: Mount["access"]): boolean {
  if (path === roots.state) return true;
  if (!isBeneath(path, roots.state)) return false;
  const names = namesBelow(path, roots.state);
  const lines = access === "write" ? [...HOST_OWN, ...HOST_WRITTEN] : HOST_OWN;
  return lines.some((line) => leadsInto(names, line.split("/")));
}

/** One step of a host's path that could be this name; names differ by case alone on some systems. */
function leadsInto(names: readonly string[], line: readonly string[]): boolean {
  if (names.length >= line.length) return false;
  return names.every((name, index) => {
    const part = line[index] ?? "";
    const folded = fold(name);
    return part.endsWith("*") ? folded.startsWith(part.slice(0, -1)) : folded === part;
  });
}

/** Whether `mount` adds nothing to `other`; of two that are equal the first stays. */
function covers(other: Mount, mount: Mount, isBefore: boolean, state: string): boolean {
  if (other === mount || !isBeneath(mount.path, other.path)) return false;
  if (other.access === "read" && mount.access === "write") return false;
  if (isBeneath(mount.path, state) && isBeneath(state, other.path)) return false;
  return other.path !== mount.path || other.access !== mount.access || isBefore;
}
