/**
 * Policy for one file: its path against the folders that the plugin may read or write.
 *
 * Pure. Answers with a root that is opened as it is and the names below it, which whoever opens the file
 * walks one by one without following links.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { FileEffect } from "#host/base/effect.ts";
import { hostOwn, isBeneath, namesBelow, resolvePath, type PathRoots } from "#manifests/paths.ts";
import { quote } from "./describe.ts";
import type { Facts, FilePass } from "./policy.ts";

const VERBS: Record<FileEffect["kind"], string> = {
  "file.read": "read",
  "file.write": "write",
  "file.stat": "look at",
  "file.list": "list",
};

export function decideFile(facts: Facts, request: FileEffect): FilePass | Denied {
  const access = request.kind === "file.write" ? "write" : "read";
  const cannot = `Cannot ${VERBS[request.kind]} ${quote(request.path)}`;
  const resolved = resolvePath(request.path, facts.roots);
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
