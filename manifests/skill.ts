/**
 * `SKILL.md`: instructions for the model, with a front matter in YAML (agentskills.io, and OpenClaw's keys).
 *
 * Lenient, because the world's skills are messy: unknown keys are ignored, a front matter that is no YAML
 * is read line by line, a missing name is the folder's. Guarantees a name and a description of one line, or
 * an issue with its place; never throws for bad text. What a skill says that it needs is kept as a request
 * and grants nothing: a stranger wrote it.
 */
import { positionAt, type ManifestIssue } from "./issue.ts";
import { keysLineByLine, readMetadata, stringsOf, textOf } from "./skill-fields.ts";

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
  readonly needs: SkillNeeds;
  /** The instructions: everything after the front matter. */
  readonly text: string;
}

export type ParsedSkill =
  | { readonly ok: true; readonly skill: Skill }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

type Fields = Readonly<Record<string, unknown>>;
type FrontMatter =
  { readonly ok: true; readonly fields: Fields } | { readonly ok: false; readonly issue: ManifestIssue };

const MAX_NAME = 64;
const MAX_DESCRIPTION = 1_024;
/** An alias that is used more often than this is a bomb that grows when it is read. */
const MAX_ALIASES = 32;

/** `folderName` stands in for a missing name. */
export async function parseSkill(
  source: string,
  folderName: string,
  file: string = SKILL_FILE,
): Promise<ParsedSkill> {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  const match = /^---[ \t]*\r?\n([\s\S]*?)(?:\r?\n)?^---[ \t]*(?:\r?\n|$)/m.exec(text);
  if (match === null || match.index !== 0) {
    return refuse(file, 1, 1, "", 'must start with a front matter between two lines "---"');
  }
  const front = await readFrontMatter(match[1] ?? "", file);
  if (!front.ok) return { ok: false, issues: [front.issue] };
  return buildSkill(front.fields, text.slice(match[0].length), folderName, file);
}

async function readFrontMatter(yaml: string, file: string): Promise<FrontMatter> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(yaml, { prettyErrors: false, logLevel: "silent", uniqueKeys: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const fields = keysLineByLine(yaml);
    if (fields["description"] !== undefined) return { ok: true, fields };
    const place = positionAt(yaml, error.pos[0]);
    const rule = `is not YAML: ${error.message}`;
    return { ok: false, issue: { ...place, line: place.line + 1, file, key: "", rule, suggestion: null } };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { ok: true, fields: isFields(value) ? value : {} };
  } catch {
    const rule = "uses YAML aliases too often";
    return { ok: false, issue: { file, line: 2, column: 1, key: "", rule, suggestion: null } };
  }
}

function buildSkill(fields: Fields, text: string, folderName: string, file: string): ParsedSkill {
  const name = oneLine(textOf(fields["name"]) ?? folderName);
  if (name.length === 0 || name.length > MAX_NAME) {
    return refuse(file, 2, 1, "name", `must be 1 to ${MAX_NAME} characters`);
  }
  const description = oneLine(textOf(fields["description"]) ?? "");
  if (description === "") return refuse(file, 2, 1, "description", "is missing");
  const metadata = readMetadata(fields["metadata"]);
  const requires = isFields(metadata["requires"]) ? metadata["requires"] : {};
  const skill: Skill = {
    name,
    description: description.slice(0, MAX_DESCRIPTION),
    license: textOf(fields["license"]),
    compatibility: textOf(fields["compatibility"]),
    homepage: textOf(fields["homepage"]) ?? textOf(metadata["homepage"]),
    emoji: textOf(metadata["emoji"]),
    allowedTools: stringsOf(fields["allowed-tools"]),
    modelMayUse: fields["disable-model-invocation"] !== true,
    userMayCall: fields["user-invocable"] !== false,
    needs: {
      bins: stringsOf(requires["bins"]),
      anyBins: stringsOf(requires["anyBins"]),
      env: stringsOf(requires["env"]),
      config: stringsOf(requires["config"]),
      os: stringsOf(metadata["os"]),
    },
    text: text.trim(),
  };
  return { ok: true, skill };
}

function refuse(file: string, line: number, column: number, key: string, rule: string): ParsedSkill {
  return { ok: false, issues: [{ file, line, column, key, rule, suggestion: null }] };
}

/** Control characters and line breaks have no place in a list that the model reads. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
