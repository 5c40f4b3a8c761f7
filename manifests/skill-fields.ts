/** Reads single fields of a skill's front matter, whatever shape people gave them. Never throws. */

type Fields = Readonly<Record<string, unknown>>;

/** Names under which OpenClaw's block stands in `metadata`; the others are what it used to be called. */
const METADATA_NAMES = ["openclaw", "clawdbot", "clawdis"] as const;
/** A list that is longer than this is nobody's. */
const MAX_ITEMS = 64;
const MAX_TEXT = 2_048;

export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** A list of text, or one text with spaces or commas between its words. */
export function stringsOf(value: unknown): string[] {
  if (typeof value === "string")
    return value
      .slice(0, MAX_TEXT)
      .split(/[\s,]+/)
      .filter((word) => word !== "");
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ITEMS).flatMap((item) => textOf(item) ?? []);
}

/** OpenClaw's block of `metadata`, which is a mapping, or JSON in a string; null where there is none. */
export function metadataPlace(value: unknown): { readonly name: string; readonly block: Fields } | null {
  const metadata = typeof value === "string" ? parseJson(value) : value;
  if (!isFields(metadata)) return null;
  for (const name of METADATA_NAMES) {
    const block = metadata[name];
    if (isFields(block)) return { name, block };
  }
  return null;
}

/** How a program that a skill needs could be installed. It is shown to people, and run by nobody. */
export interface SkillInstall {
  readonly id: string;
  /** `brew`, `node`, `go`, `uv`, `download` or what else the author wrote. */
  readonly kind: string;
  readonly label: string;
  readonly bins: readonly string[];
}

/** Those for this platform; `platform` as `process.platform` has it. */
export function installsOf(value: unknown, platform: string): SkillInstall[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ITEMS).flatMap((item, index) => {
    if (!isFields(item)) return [];
    const os = stringsOf(item["os"]);
    const kind = line(textOf(item["kind"]) ?? textOf(item["type"]) ?? "");
    if (kind === "" || (os.length > 0 && !os.includes(platform))) return [];
    const what = ["formula", "package", "module", "url"].map((key) => textOf(item[key])).find(Boolean);
    return [
      {
        id: line(textOf(item["id"]) ?? `${kind}-${index}`),
        kind,
        label: line(textOf(item["label"]) ?? `Install ${what ?? "it"} (${kind})`),
        bins: stringsOf(item["bins"]).map(line),
      },
    ];
  });
}

function line(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}

/** Top-level `key: value` lines. What YAML refuses is most often a colon in an unquoted description. */
export function keysLineByLine(text: string): Fields {
  const lines = text.split(/\r?\n/).flatMap((one) => {
    const match = /^([A-Za-z][\w-]*):[ \t]*(.+)$/.exec(one);
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
