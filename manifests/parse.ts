/**
 * From the text of a manifest to the type, or to every place where it breaks a rule.
 *
 * Never throws for bad text. A grant of the release (`manifests/<kind>/<id>.json`) is read here too.
 */
import { closest, distance } from "fastest-levenshtein";
import * as v from "valibot";
import type { ManifestIssue } from "./issue.ts";
import { MAX_ISSUES, readJsonText, type JsonPath } from "./json-text.ts";
import { MANIFEST_FILE, ManifestSchema, type Manifest } from "./manifest.ts";
import { PermissionsSchema, type Permissions } from "./permissions.ts";

const MAX_MANIFEST_BYTES = 256 * 1024;

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

export type ParsedGrant =
  | { readonly ok: true; readonly permissions: Permissions }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

const GrantSchema = v.strictObject({ $schema: v.optional(v.string()), permissions: PermissionsSchema });

/** `file` is what issues call it; `source` is its text or its bytes. */
export function parseManifest(source: string | Uint8Array, file: string = MANIFEST_FILE): ParsedManifest {
  const parsed = parseWith(ManifestSchema, source, file);
  return parsed.ok ? { ok: true, manifest: parsed.value } : parsed;
}

/** What the release grants to one built-in plugin. */
export function parseGrant(source: string | Uint8Array, file: string): ParsedGrant {
  const parsed = parseWith(GrantSchema, source, file);
  return parsed.ok ? { ok: true, permissions: parsed.value.permissions } : parsed;
}

type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

function parseWith<Schema extends v.GenericSchema>(
  schema: Schema,
  source: string | Uint8Array,
  file: string,
): Parsed<v.InferOutput<Schema>> {
  const json = readJsonText(source, file, MAX_MANIFEST_BYTES);
  if (!json.ok) return json;
  if (typeof json.value !== "object" || json.value === null || Array.isArray(json.value)) {
    return { ok: false, issues: [json.issueAt([], "must be a JSON object")] };
  }
  const result = v.safeParse(schema, json.value);
  if (result.success) return { ok: true, value: result.output };
  const issues = result.issues.slice(0, MAX_ISSUES).map((found) => describeIssue(found, schema, json));
  return { ok: false, issues };
}

function describeIssue(
  found: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  json: { issueAt(path: JsonPath, rule: string): ManifestIssue },
): ManifestIssue {
  const path = (found.path ?? []).map((item) => item.key).filter((key) => isJsonKey(key));
  if (found.type !== "strict_object" || found.path === undefined) return json.issueAt(path, ruleOf(found));
  if (found.expected !== "never") return json.issueAt(path, "is missing");
  const suggestion = suggestKey(String(path.at(-1)), knownKeys(schema, path.slice(0, -1)));
  return { ...json.issueAt(path, "is not a known key"), suggestion };
}

/** Our own rules speak for themselves; valibot's words for a wrong type are put into the same grammar. */
function ruleOf(found: v.BaseIssue<unknown>): string {
  if (!found.message.startsWith("Invalid ")) return found.message;
  return found.expected === null ? "is not valid" : `must be ${found.expected}, not ${found.received}`;
}

/** No key that we know is longer; comparing one of a whole file's length would take seconds. */
const MAX_KEY_CHARS = 64;

/** The known key that differs from `key` in at most a third of its letters. */
export function suggestKey(key: string, known: readonly string[]): string | null {
  if (known.length === 0 || key.length > MAX_KEY_CHARS) return null;
  const nearest = closest(key, known);
  return distance(key.toLowerCase(), nearest.toLowerCase()) <= Math.max(1, key.length / 3) ? nearest : null;
}

/** The keys that the schema knows at a path. Looks through optional, array and pipe; stops at a union. */
function knownKeys(schema: unknown, path: JsonPath): string[] {
  let at = unwrap(schema);
  for (const part of path) {
    const next = typeof part === "number" ? at["item"] : record(at["entries"])[part];
    at = unwrap(next);
  }
  return Object.keys(record(at["entries"]));
}

function unwrap(schema: unknown): Record<string, unknown> {
  const found = record(schema);
  return found["wrapped"] === undefined ? found : unwrap(found["wrapped"]);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isJsonKey(key: unknown): key is string | number {
  return typeof key === "string" || typeof key === "number";
}
