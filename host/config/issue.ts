/** One finding of the schema as a sentence: where, which rule, and what was probably meant. Pure. */
import { closest, distance } from "fastest-levenshtein";
import type { BaseIssue } from "valibot";
import { ConfigFileSchema } from "./schema.ts";

/** Values under these names are never shown. */
const SECRET = /token|key|password|secret|^env$/i;
const MAX_SHOWN = 60;

/** `name` is what the sentence calls the file. */
export function issueText(issue: BaseIssue<unknown>, name: string, above: readonly string[] = []): string {
  const keys = [...above, ...(issue.path ?? []).map((item) => String(item.key))];
  const path = keys.join(".");
  const within = issue.issues?.find((inner) => inner.path !== undefined);
  // Of a choice, the alternative that reached into the value tells more than the choice as a whole.
  if (within !== undefined) return issueText(within, name, keys);
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `Unknown key "${path}" in ${name}${suggestion(keys)}`;
  }
  if (issue.type === "strict_object" && issue.received === "undefined")
    return `Missing key "${path}" in ${name}`;
  if (path === "") return `Wrong content in ${name}: the whole ${issue.message}`;
  return `Wrong value for "${path}" in ${name}: ${shown(keys, issue.input)}${issue.message}`;
}

/** The value as JSON and a space, where it is short and no secret. */
function shown(keys: readonly string[], input: unknown): string {
  if (keys.some((key) => SECRET.test(key))) return "it ";
  const text = JSON.stringify(input) ?? "it";
  return `${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text} `;
}

function suggestion(keys: readonly string[]): string {
  const wrong = keys.at(-1) ?? "";
  const around = keys.slice(0, -1);
  const known = keysAt(around);
  if (known.length === 0) return "";
  const nearest = closest(wrong.toLowerCase(), known);
  if (distance(wrong.toLowerCase(), nearest.toLowerCase()) > Math.max(2, wrong.length / 3)) {
    return known.length <= 8 ? `: known there are ${known.join(", ")}` : "";
  }
  return `: did you mean "${[...around, nearest].join(".")}"?`;
}

/** What valibot's schemas consist of, as far as keys are concerned. */
interface SchemaPart {
  readonly entries?: Readonly<Record<string, SchemaPart>>;
  readonly wrapped?: SchemaPart;
  readonly value?: SchemaPart;
  readonly item?: SchemaPart;
  readonly options?: readonly SchemaPart[];
}

/** Keys that the schema knows in the object at this path. */
function keysAt(path: readonly string[]): string[] {
  let part: SchemaPart | undefined = ConfigFileSchema as unknown as SchemaPart;
  for (const key of path) {
    const object: SchemaPart | undefined = bare(part);
    part = object?.entries?.[key] ?? object?.value ?? object?.item;
  }
  return Object.keys(bare(part)?.entries ?? {});
}

/** The schema inside of `optional`, and of a choice the alternative with keys. */
function bare(part: SchemaPart | undefined): SchemaPart | undefined {
  const inner = part?.wrapped ?? part;
  return Array.isArray(inner?.options) ? inner.options.find((option) => option.entries !== undefined) : inner;
}
