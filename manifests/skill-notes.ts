/**
 * What is odd about a skill that can be used all the same: its author wants to know it, its user need not.
 *
 * Rules: agentskills.io's specification of `SKILL.md`, OpenClaw's "Skills" and ClawHub's "Skill format". Pure.
 */
import type { ManifestIssue } from "./issue.ts";
import { suggestKey } from "./parse.ts";
import { type Fields, type FrontMatter, isFields } from "./skill-front-matter.ts";
import { metadataPlace, textOf } from "./skill-fields.ts";

export const MAX_NAME = 64;
export const MAX_DESCRIPTION = 1_024;

const TOP_KEYS = [
  "name",
  "description",
  "license",
  "compatibility",
  "metadata",
  "allowed-tools",
  "homepage",
  "user-invocable",
  "disable-model-invocation",
  "command-dispatch",
  "command-tool",
  "command-arg-mode",
  "version",
] as const;

const METADATA_KEYS = [
  "always",
  "skillKey",
  "primaryEnv",
  "emoji",
  "homepage",
  "os",
  "requires",
  "install",
  "envVars",
  "nix",
  "config",
  "cliHelp",
  "author",
  "links",
  "dependencies",
] as const;

const REQUIRES_KEYS = ["bins", "anyBins", "env", "config"] as const;

export function skillNotes(front: FrontMatter, folderName: string): ManifestIssue[] {
  const { fields, issueAt } = front;
  return [
    ...front.notes,
    ...nameNotes(textOf(fields["name"]), folderName, issueAt),
    ...textNotes(fields, issueAt),
    ...topKeyNotes(fields, issueAt),
    ...metadataNotes(fields, issueAt),
  ];
}

type IssueAt = FrontMatter["issueAt"];

function nameNotes(name: string | null, folderName: string, issueAt: IssueAt): ManifestIssue[] {
  if (name === null) return [issueAt(["name"], `is missing; the folder's, "${folderName}", is taken`)];
  const notes: ManifestIssue[] = [];
  if (name.length > MAX_NAME) notes.push(issueAt(["name"], `is longer than ${MAX_NAME} characters`));
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))
    notes.push(issueAt(["name"], "should be lower case letters, digits and single hyphens"));
  if (name !== folderName) notes.push(issueAt(["name"], "should be the folder's name", shown(folderName)));
  return notes;
}

function shown(text: string): string {
  return text.slice(0, MAX_NAME);
}

function textNotes(fields: Fields, issueAt: IssueAt): ManifestIssue[] {
  const { description } = fields;
  const notes: ManifestIssue[] = [];
  if (typeof description === "string" && description.length > MAX_DESCRIPTION)
    notes.push(issueAt(["description"], `is longer than ${MAX_DESCRIPTION} characters and is cut there`));
  for (const flag of ["user-invocable", "disable-model-invocation"]) {
    const value = fields[flag];
    if (value !== undefined && typeof value !== "boolean")
      notes.push(issueAt([flag], "should be true or false"));
  }
  const dispatch = fields["command-dispatch"];
  if (dispatch !== undefined && dispatch !== "tool")
    notes.push(issueAt(["command-dispatch"], 'can only be "tool"'));
  if (dispatch === "tool" && textOf(fields["command-tool"]) === null)
    notes.push(issueAt(["command-dispatch"], 'needs "command-tool", the name of a tool'));
  return notes;
}

/** Other hosts have keys of their own: only what looks misspelt is said. */
function topKeyNotes(fields: Fields, issueAt: IssueAt): ManifestIssue[] {
  return unknownKeys(fields, TOP_KEYS).flatMap((key) => {
    const meant = suggestKey(key, TOP_KEYS);
    return meant === null || fields[meant] !== undefined
      ? []
      : [issueAt([key], "is not a known key and is not read", meant)];
  });
}

function metadataNotes(fields: Fields, issueAt: IssueAt): ManifestIssue[] {
  const metadata = fields["metadata"];
  const place = metadataPlace(metadata);
  if (place === null) {
    const isUnread = typeof metadata === "string" || (metadata !== undefined && !isFields(metadata));
    return isUnread ? [issueAt(["metadata"], "should be a mapping, or JSON in a text")] : [];
  }
  const { name, block } = place;
  const path = ["metadata", name];
  const notes = unknownKeys(block, METADATA_KEYS).map((key) =>
    issueAt([...path, key], "is not a known key and is not read", suggestKey(key, METADATA_KEYS)),
  );
  const requires = block["requires"];
  if (requires !== undefined && !isFields(requires))
    return [...notes, issueAt([...path, "requires"], "should be a mapping")];
  if (!isFields(requires)) return notes;
  return [...notes, ...requiresNotes(requires, [...path, "requires"], issueAt)];
}

function requiresNotes(requires: Fields, path: readonly string[], issueAt: IssueAt): ManifestIssue[] {
  const unknown = unknownKeys(requires, REQUIRES_KEYS).map((key) =>
    issueAt([...path, key], "is not a known key and is not read", suggestKey(key, REQUIRES_KEYS)),
  );
  const wrong = REQUIRES_KEYS.filter((key) => {
    const value = requires[key];
    const isNames = Array.isArray(value) && value.every((item) => typeof item === "string");
    return value !== undefined && typeof value !== "string" && !isNames;
  });
  return [...unknown, ...wrong.map((key) => issueAt([...path, key], "should be a list of names"))];
}

/** A hostile file may have thousands. */
const MAX_TOLD = 20;

function unknownKeys(fields: Fields, known: readonly string[]): string[] {
  return Object.keys(fields)
    .filter((key) => !known.includes(key))
    .slice(0, MAX_TOLD);
}
