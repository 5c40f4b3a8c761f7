/** What this release grants to a plugin that comes with it: `manifests/<kind>/<id>.json`. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Log } from "#host/base/log.ts";
import { formatIssue } from "#manifests/issue.ts";
import { parseGrant } from "#manifests/parse.ts";
import type { Permissions } from "#manifests/permissions.ts";
import type { Slot } from "./slot.ts";

/** Undefined where the release has no say, so that the owner is asked: also when the file is broken. */
export async function readReleaseGrant(
  { folder, origin }: Pick<Slot, "folder" | "origin">,
  grants: string | null,
  log: Log,
): Promise<Permissions | undefined> {
  if (origin !== "builtin" || grants === null) return undefined;
  const name = join(basename(dirname(folder)), `${basename(folder)}.json`);
  const bytes = await readFile(join(grants, name)).catch(() => null);
  if (bytes === null) return undefined;
  const parsed = parseGrant(bytes, name);
  if (parsed.ok) return parsed.permissions;
  log.error(`Cannot read the release's grant "${name}"`, { issues: parsed.issues.map(formatIssue) });
  return undefined;
}
