/**
 * `SKILL.md`: instructions for the model, with a front matter in YAML (agentskills.io, and OpenClaw's keys).
 *
 * Lenient, because the world's skills are messy: unknown keys are ignored, a front matter that is no YAML
 * is read line by line, a missing name is the folder's. Guarantees a name and a description of one line, or
 * an issue with its place; never throws for bad text. What a skill says that it needs is kept as a request
 * and grants nothing: a stranger wrote it.
 */
import type { ManifestIssue } from "./issue.ts";
import { isFields, readFrontMatter, type Fields, type FrontMatter } from "./skill-front-matter.ts";
import { installsOf, metadataPlace, type SkillInstall, stringsOf, textOf } from "./skill-fields.ts";
import { MAX_DESCRIPTION, MAX_NAME, skillNotes } from "./skill-notes.ts";

export type { SkillInstall } from "./skill-fields.ts";

export const SKILL_FILE = "SKILL.md";

/** Programs, variables and settings that the instructions rely on. Requests, not rights. */
export interface SkillNeeds {
  readonly bins: readonly string[];
  /** One of these is enough. */
  readonly anyBins: readonly string[];
  readonly env: readonly string[];
  readonly config: readonly string[];
  /** Platforms as `process.platform` names them; empty for all. */
  readonly os: readonly string[];
}

export interface Skill {
  /** What it is called by; one line, at most 64 characters. */
  readonly name: string;
  /** When to use it, in one line of at most 1024 characters. */
  readonly description: string;
  readonly license: string | null;
  readonly compatibility: string | null;
  readonly homepage: string | null;
  readonly emoji: string | null;
  /** The `allowed-tools` hint. It restricts nothing here and grants nothing. */
  readonly allowedTools: readonly string[];
  /** False when only a person may call it up. */
  readonly modelMayUse: boolean;
  readonly userMayCall: boolean;
  /** The tool that `/name` runs without asking the model; null where the model is asked. */
  readonly commandTool: string | null;
  readonly needs: SkillNeeds;
  /** True where it is offered whatever of its needs is missing. */
  readonly always: boolean;
  /** The variable that its key is usually given in. */
  readonly primaryEnv: string | null;
  /** What its settings stand under in `skills.entries`. */
  readonly skillKey: string;
  /** How what it needs could be installed here. Shown, never run. */
  readonly install: readonly SkillInstall[];
  /** The instructions: everything after the front matter. */
  readonly text: string;
}

export type ParsedSkill =
  /** `notes`: what was mended or is odd; it can be used all the same. */
  | { readonly ok: true; readonly skill: Skill; readonly notes: readonly ManifestIssue[] }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

/** `folderName` stands in for a missing name; `platform` chooses among ways to install. */
export async function parseSkill(
  source: string,
  folderName: string,
  { file = SKILL_FILE, platform = process.platform }: { file?: string; platform?: string } = {},
): Promise<ParsedSkill> {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  const read = await readFrontMatter(text, file);
  if (!read.ok) return { ok: false, issues: [read.issue] };
  return buildSkill(read.front, folderName, platform);
}

function buildSkill(front: FrontMatter, folderName: string, platform: string): ParsedSkill {
  const { fields, issueAt } = front;
  const notes = skillNotes(front, folderName);
  const refuse = (key: string, rule: string): ParsedSkill => {
    const other = notes.filter((note) => note.key !== key);
    return { ok: false, issues: [issueAt([key], rule), ...other] };
  };
  const name = oneLine(textOf(fields["name"]) ?? folderName);
  if (name.length === 0 || name.length > MAX_NAME)
    return refuse("name", `must be 1 to ${MAX_NAME} characters`);
  const description = oneLine(textOf(fields["description"]) ?? "");
  if (description === "") return refuse("description", "is missing");
  const block = metadataPlace(fields["metadata"])?.block ?? {};
  const dispatches = fields["command-dispatch"] === "tool";
  const skill: Skill = {
    name,
    description: description.slice(0, MAX_DESCRIPTION),
    license: lineOf(fields["license"]),
    compatibility: lineOf(fields["compatibility"]),
    homepage: lineOf(fields["homepage"]) ?? lineOf(block["homepage"]),
    emoji: lineOf(block["emoji"]),
    allowedTools: stringsOf(fields["allowed-tools"]),
    modelMayUse: fields["disable-model-invocation"] !== true,
    userMayCall: fields["user-invocable"] !== false,
    commandTool: dispatches ? lineOf(fields["command-tool"]) : null,
    needs: needsOf(block),
    always: block["always"] === true,
    primaryEnv: lineOf(block["primaryEnv"]),
    skillKey: lineOf(block["skillKey"]) ?? name,
    install: installsOf(block["install"], platform),
    text: front.body.trim(),
  };
  return { ok: true, skill, notes };
}

function needsOf(block: Fields): SkillNeeds {
  const requires = isFields(block["requires"]) ? block["requires"] : {};
  const names = (value: unknown) => stringsOf(value).map(oneLine);
  return {
    bins: names(requires["bins"]),
    anyBins: names(requires["anyBins"]),
    env: names(requires["env"]),
    config: names(requires["config"]),
    os: names(block["os"]).map((os) => PLATFORMS[os.toLowerCase()] ?? os),
  };
}

/** What people call a platform, and what Node does. */
const PLATFORMS: Readonly<Record<string, string>> = {
  macos: "darwin",
  osx: "darwin",
  mac: "darwin",
  windows: "win32",
};

/** Longer than any that is written in earnest. */
const MAX_LINE = 500;

function lineOf(value: unknown): string | null {
  const text = oneLine(textOf(value) ?? "").slice(0, MAX_LINE);
  return text === "" ? null : text;
}

/** Control characters and line breaks have no place in a list that the model reads. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}
