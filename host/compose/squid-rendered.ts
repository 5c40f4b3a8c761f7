/**
 * What Squid's files were last written from, kept in the state folder: so that a grant, a setting or a changed list that
 * Squid has not been told of is told of to its owner.
 *
 * Says nothing where `openclaw allowlist render` was never used: such a Squid is configured by somebody's own hand.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { PluginSummary } from "#host/base/plugin.ts";
import type { StatePaths } from "#host/config/state.ts";
import { replaceFile } from "./replace-file.ts";

const Rendered = v.object({
  allowlist: v.array(v.string()),
  /** Hosts by plugin, its settings put in. */
  plugins: v.record(v.string(), v.array(v.string())),
});

export type Rendered = v.InferOutput<typeof Rendered>;

export function noteRendered(paths: StatePaths, rendered: Rendered): void {
  replaceFile(noteOf(paths), `${JSON.stringify(rendered)}\n`);
}

/** Null where nothing was written yet, or what is noted cannot be read any more. */
export function readRendered(paths: StatePaths): Rendered | null {
  try {
    return v.parse(Rendered, JSON.parse(readFileSync(noteOf(paths), "utf8")));
  } catch {
    return null;
  }
}

/** What Squid has not been told of: ids of plugins, and `the allowlist`. */
export function behindSquid(
  plugins: readonly PluginSummary[],
  allowlist: readonly string[] | null,
  rendered: Rendered | null,
): string[] {
  if (rendered === null || allowlist === null) return [];
  const ids = plugins.filter(({ unknownToSquid }) => unknownToSquid === true).map(({ id }) => id);
  return isSameSet(allowlist, rendered.allowlist) ? ids : [...ids, "the allowlist"];
}

export function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.every((entry) => other.includes(entry)) && other.every((entry) => one.includes(entry));
}

function noteOf({ root }: StatePaths): string {
  return join(root, "squid-rendered.json");
}
