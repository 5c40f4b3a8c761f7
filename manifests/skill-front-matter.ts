/**
 * The front matter of a `SKILL.md`: found, read as YAML, and mended where people write what YAML refuses.
 *
 * OpenClaw reads such files, so this does: text with an unquoted colon is taken as text, tabs as indentation, and
 * what still is no YAML line by line. Whatever was mended is said with its place. Bounded: a front matter of
 * 16 KiB, aliases counted, depth caught. Never throws.
 */
import type { Document } from "yaml";
import { positionAt, type ManifestIssue } from "./issue.ts";
import { keysLineByLine } from "./skill-fields.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface FrontMatter {
  readonly fields: Fields;
  /** What stands after it. */
  readonly body: string;
  /** An issue at a key's place, or at that of its nearest parent. */
  readonly issueAt: (path: readonly string[], rule: string, suggestion?: string | null) => ManifestIssue;
  readonly notes: readonly ManifestIssue[];
}

export type ReadFrontMatter =
  { readonly ok: true; readonly front: FrontMatter } | { readonly ok: false; readonly issue: ManifestIssue };

/** The longest of 2,417 published ones has 1,904; what is hostile holds the host for a part of a second at this length. */
const MAX_CHARS = 16 * 1_024;
/** An alias that is used more often than this is a bomb that grows when it is read. */
const MAX_ALIASES = 32;
/** Keys whose value is text, whatever it looks like. */
const TEXT_KEYS = new Set(["name", "description", "license", "compatibility", "homepage", "argument-hint"]);

export async function readFrontMatter(text: string, file: string): Promise<ReadFrontMatter> {
  const refuse = (line: number, column: number, rule: string): ReadFrontMatter => {
    return { ok: false, issue: { file, line, column, key: "", rule, suggestion: null } };
  };
  const found = split(text);
  if (found === null) return refuse(1, 1, 'must start with a front matter between two lines "---"');
  const { yaml, body } = found;
  if (yaml.length > MAX_CHARS) return refuse(2, 1, `has a front matter of more than ${MAX_CHARS} characters`);
  const plain = await parse(yaml);
  if (plain.ok) return whole(plain, { yaml, body, file, notes: [] });

  const at = positionAt(yaml, plain.offset);
  const note = (rule: string): ManifestIssue => {
    return { file, line: at.line + 1, column: at.column, key: "", rule, suggestion: null };
  };
  if (plain.isHostile) return refuse(at.line + 1, at.column, plain.why);
  const mended = mend(yaml);
  const again = await parse(mended);
  if (again.ok) {
    const notes = [note(`is not YAML (${plain.why}); it was read with its texts as if they were quoted`)];
    return whole(again, { yaml: mended, body, file, notes });
  }
  const fields = keysLineByLine(yaml);
  if (fields["description"] === undefined) return refuse(at.line + 1, at.column, `is not YAML: ${plain.why}`);
  const notes = [note(`is not YAML (${plain.why}); only its plain "key: value" lines were read`)];
  return whole({ ok: true, fields, document: null }, { yaml, body, file, notes });
}

function split(text: string): { readonly yaml: string; readonly body: string } | null {
  const open = /^---[ \t]*\r?\n/.exec(text);
  if (open === null) return null;
  const fence = /^---[ \t]*\r?$/gm;
  fence.lastIndex = open[0].length;
  const close = fence.exec(text);
  if (close === null) return null;
  return {
    yaml: text.slice(open[0].length, close.index),
    body: text.slice(close.index + close[0].length),
  };
}

type Parsed =
  | { readonly ok: true; readonly fields: Fields; readonly document: Document | null }
  | {
      readonly ok: false;
      readonly offset: number;
      readonly why: string;
      /** It was written to hurt its reader, and is not mended. */
      readonly isHostile: boolean;
    };

async function parse(yaml: string): Promise<Parsed> {
  const { parseDocument } = await import("yaml");
  try {
    const document = parseDocument(yaml, { prettyErrors: false, logLevel: "silent", uniqueKeys: false });
    const error = document.errors[0];
    if (error !== undefined) return { ok: false, offset: error.pos[0], why: error.message, isHostile: false };
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { ok: true, fields: isFields(value) ? value : {}, document };
  } catch (thrown) {
    // The parser is recursive: what is nested too deeply ends its stack.
    const isDeep = thrown instanceof RangeError;
    const why = isDeep ? "is nested too deeply" : "uses YAML aliases too often";
    return { ok: false, offset: 0, why, isHostile: true };
  }
}

/** The same lines, with the texts quoted and tabs in front of a line taken as two spaces. */
function mend(yaml: string): string {
  const lines = yaml.replace(/^[ \t]+/gm, (space) => space.replaceAll("\t", "  ")).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    const [, key = "", value = ""] = /^([A-Za-z][\w-]*):[ \t]+(\S.*)$/.exec(line) ?? [];
    if (!TEXT_KEYS.has(key) || /^[|>]/.test(value)) continue;
    let last = index;
    while (/^[ \t]+\S/.test(lines[last + 1] ?? "")) last++;
    const text = [value, ...lines.slice(index + 1, last + 1)].map((part) => part.trim()).join(" ");
    lines.fill("", index, last + 1);
    lines[index] = `${key}: ${JSON.stringify(unquote(text))}`;
  }
  return lines.join("\n");
}

function unquote(text: string): string {
  const first = text[0];
  const isQuoted = text.length > 1 && (first === '"' || first === "'") && text.endsWith(first);
  return isQuoted ? text.slice(1, -1) : text;
}

function whole(
  { fields, document }: Parsed & { ok: true },
  { yaml, body, file, notes }: { yaml: string; file: string; body: string; notes: readonly ManifestIssue[] },
): ReadFrontMatter {
  const issueAt: FrontMatter["issueAt"] = (path, rule, suggestion = null) => {
    const place = positionAt(yaml, document === null ? 0 : offsetOf(document, path));
    return { file, line: place.line + 1, column: place.column, key: path.join("."), rule, suggestion };
  };
  return { ok: true, front: { fields, body, issueAt, notes } };
}

interface MappingItem {
  readonly key?: { readonly value?: unknown; readonly range?: readonly number[] | null } | null;
  readonly value?: unknown;
}

/** Where the key of this path stands, or its nearest parent. */
function offsetOf(document: Document, path: readonly string[]): number {
  let at: unknown = document.contents;
  let offset = 0;
  for (const name of path) {
    const items = isFields(at) && Array.isArray(at["items"]) ? (at["items"] as MappingItem[]) : [];
    const item = items.find((one) => one.key?.value === name);
    if (item === undefined) return offset;
    offset = item.key?.range?.[0] ?? offset;
    at = item.value;
  }
  return offset;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
