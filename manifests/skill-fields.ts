/** Reads single fields of a skill's front matter, whatever shape people gave them. Never throws. */

type Fields = Readonly<Record<string, unknown>>;

/** Names under which OpenClaw's block stands in `metadata`; the second is what it used to be called. */
const METADATA_NAMES = ["openclaw", "clawdbot"] as const;

export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** A list of text, or one text with spaces or commas between its words. */
export function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return value.split(/[\s,]+/).filter((word) => word !== "");
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => textOf(item) ?? []);
}

/** OpenClaw's block of `metadata`, which is a mapping, or JSON in a string. */
export function readMetadata(value: unknown): Fields {
  const metadata = typeof value === "string" ? parseJson(value) : value;
  if (!isFields(metadata)) return {};
  const found = METADATA_NAMES.map((name) => metadata[name]).find((block) => isFields(block));
  return isFields(found) ? found : {};
}

/** Top-level `key: value` lines. What YAML refuses is most often a colon in an unquoted description. */
export function keysLineByLine(text: string): Fields {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const match = /^([A-Za-z][\w-]*):[ \t]*(.+)$/.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], unquote(match[2])] as const];
  });
  return Object.fromEntries(lines);
}

function unquote(text: string): string {
  const trimmed = text.trim();
  return /^(["']).*\1$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
