/**
 * Policy for one file: its path against the folders that the plugin may read or write.
 *
 * Pure. Answers with a root that is opened as it is and the names below it, which whoever opens the file
 * walks one by one without following links.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { FileEffect } from "#host/base/effect.ts";
import { fold, hostOwn, isBeneath, namesBelow, resolvePath, type PathRoots } from "#manifests/paths.ts";
import { holdsHostOwn } from "./commands/mounts.ts";
import { quote } from "./describe.ts";
import type { Facts, FilePass } from "./policy.ts";

const VERBS: Record<FileEffect["kind"], string> = {
  "file.read": "read",
  "file.write": "write",
  "file.stat": "look at",
  "file.list": "list",
  "file.mkdir": "make the folder",
  "file.remove": "delete",
};

const WRITING: ReadonlySet<FileEffect["kind"]> = new Set(["file.write", "file.mkdir", "file.remove"]);

export function decideFile(facts: Facts, request: FileEffect): FilePass | Denied {
  const access = WRITING.has(request.kind) ? "write" : "read";
  const cannot = `Cannot ${VERBS[request.kind]} ${quote(request.path)}`;
  const place = placeOf(facts, request.path, access, cannot);
  if (place.allowed && request.kind === "file.remove") return stayingIfHeld(facts, place, cannot) ?? place;
  return place;
}

/** Where a path leads within what the plugin holds. */
export function placeOf(
  facts: Facts,
  text: string,
  access: "read" | "write",
  cannot: string,
): FilePass | Denied {
  const resolved = resolvePath(text, facts.roots);
  if (!resolved.ok) return denied(`${cannot}: ${resolved.reason}`, "Write the path plainly");
  const { path } = resolved;
  if (hostOwn(path, facts.roots, access) !== null) {
    return denied(
      `${cannot}: it belongs to the host, and no plugin may ${access} it`,
      "Keep the plugin's files elsewhere",
    );
  }
  const root = grantingRoot(facts, access, path);
  if (root === null) {
    return denied(
      `${cannot}: not declared in the manifest of "${facts.plugin}", or not granted`,
      `Add its folder to "permissions": { "paths": { "${access}": [ ] } } in its openclaw.plugin.json and grant it`,
    );
  }
  return { allowed: true, root, names: namesBelow(path, root) };
}

/**
 * What may not go from its place, whoever may write there: a root or a folder with one in it, for the host and other
 * plugins find their files by it, and a folder with the host's own files in it. Null for anything else.
 */
export function stayingIfHeld(facts: Facts, place: FilePass, cannot: string): Denied | null {
  const path = [place.root, ...place.names].join("/");
  const { plugin, ...others } = facts.roots;
  const holdsRoot = [...Object.values(others), ...(plugin === null ? [] : [plugin])].some((root) =>
    isBeneath(fold(root), fold(path)),
  );
  if (!holdsRoot && !holdsHostOwn(path, facts.roots, "write")) return null;
  return denied(`${cannot}: the host needs this folder where it is`, "Name what is to go within it");
}

/** The root under which a granted folder holds this path; null if none does. */
function grantingRoot(facts: Facts, access: "read" | "write", path: string): string | null {
  for (const granted of facts.rights[access]) {
    const folder = resolvePath(granted, facts.roots);
    if (folder.ok && isBeneath(path, folder.path)) return rootOf(granted, facts.roots);
  }
  return null;
}

function rootOf(granted: string, roots: PathRoots): string | null {
  const root = resolvePath(granted.split("/", 1)[0] ?? "", roots);
  return root.ok ? root.path : null;
}
