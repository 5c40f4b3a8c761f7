/**
 * A verdict on each `SKILL.md` below a folder, as `openclaw skills check` tells it.
 *
 * Guarantees one verdict a file, in the order of paths, whatever stands in it: one skill is held at a time, no link
 * is followed, folders, depth and bytes are bounded. What could not be looked at has a verdict too.
 */
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { asHostError, explain } from "#host/base/errors.ts";
import { SKILL_CHECK } from "#host/base/limits.ts";
import type { SkillVerdict } from "#host/base/skill.ts";
import { formatIssue, type ManifestIssue } from "#manifests/issue.ts";
import { parseSkill, SKILL_FILE } from "#manifests/skill.ts";
import { readSkillFile } from "./skill-file.ts";

export type SkillCheckLimits = { readonly [Name in keyof typeof SKILL_CHECK]: number };

/** Not written by whoever wrote the skills. */
const SKIPPED = new Set([".git", "node_modules"]);

interface Place {
  readonly folder: string;
  readonly depth: number;
}

/** Rejects where `root` itself cannot be read. */
export async function* checkSkills(
  root: string,
  limits: SkillCheckLimits = SKILL_CHECK,
): AsyncGenerator<SkillVerdict> {
  const open: Place[] = [{ folder: root, depth: 0 }];
  let folders = 0;
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { folder, depth } = place;
    const path = relative(root, folder);
    if (++folders > limits.maxFolders) {
      yield broken(path, `holds, with what is left, more than ${limits.maxFolders} folders`);
      return;
    }
    const entries = await entriesOf(folder, folder === root);
    if (!Array.isArray(entries)) {
      yield broken(path, entries.problem);
      continue;
    }
    if (entries.some(({ name }) => name === SKILL_FILE)) yield await verdictOn(root, folder, limits);
    else if (entries.some(({ name }) => name.toLowerCase() === SKILL_FILE.toLowerCase()))
      yield broken(path, `must have its instructions in "${SKILL_FILE}", in capital letters`);
    const below = entries.filter((entry) => entry.isDirectory() && !SKIPPED.has(entry.name));
    if (below.length > 0 && depth === limits.maxDepth)
      yield broken(path, `has folders more than ${limits.maxDepth} deep, which were not looked at`);
    else for (const { name } of below.reverse()) open.push({ folder: join(folder, name), depth: depth + 1 });
  }
}

async function entriesOf(folder: string, isRoot: boolean): Promise<Dirent[] | { readonly problem: string }> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    if (isRoot) throw thrown;
    return { problem: "cannot be read" };
  }
}

async function verdictOn(root: string, folder: string, limits: SkillCheckLimits): Promise<SkillVerdict> {
  const path = relative(root, folder);
  const file = join(path, SKILL_FILE);
  try {
    const text = textOf(await readSkillFile(folder, limits.maxSkillBytes));
    if (text === null) return broken(path, "is not text in UTF-8");
    const parsed = await parseSkill(text, basename(folder), { file });
    if (!parsed.ok) return { path, name: null, verdict: "broken", issues: parsed.issues.map(toldIssue) };
    const issues = parsed.notes.map(toldIssue);
    return { path, name: parsed.skill.name, verdict: issues.length === 0 ? "good" : "odd", issues };
  } catch (thrown) {
    const error = asHostError(thrown);
    return broken(
      path,
      error.code === "internal" ? "is not a regular file that can be read" : explain(error),
    );
  }
}

function toldIssue(issue: ManifestIssue): SkillVerdict["issues"][number] {
  const { file, line, column } = issue;
  return { file, line, column, text: formatIssue(issue) };
}

function broken(path: string, rule: string): SkillVerdict {
  const issue = { file: join(path, SKILL_FILE), line: 1, column: 1, key: "", rule, suggestion: null };
  return { path, name: null, verdict: "broken", issues: [toldIssue(issue)] };
}

/** Null for what is no text: a NUL, or bytes that are no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
