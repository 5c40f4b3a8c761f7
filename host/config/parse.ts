/**
 * openclaw.json from text to type: the border at which it is checked, once.
 *
 * Whatever the text holds, this returns a file that keeps every rule of `schema.ts` or throws one
 * HostError `config.invalid`. Its message names each wrong place, the rule, and what was probably meant;
 * it shows no value that could be a secret.
 */
import JSON5 from "json5";
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { issueText } from "./issue.ts";
import { keptKeysOf } from "./keys.ts";
import { type ConfigFile, ConfigFileSchema } from "./schema.ts";

/** A configuration is written by hand; more than this is another file. */
const MAX_CHARS = 1_000_000;
/** Issues that one message tells. The rest comes up when these are mended. */
const MAX_ISSUES = 5;

const KINDS: ReadonlyMap<string, string> = new Map([
  ["Object", "must be an object"],
  ["Array", "must be a list"],
  ["string", "must be a text"],
]);

export interface ParsedConfig {
  readonly file: ConfigFile;
  /** Keys that upstream reads and this host does not. */
  readonly unused: readonly string[];
}

/** `name` is what messages call the file. */
export function parseConfig(text: string, name = "openclaw.json"): ParsedConfig {
  if (text.length > MAX_CHARS) {
    throw invalid(`Cannot read ${name}: ${text.length} characters are more than ${MAX_CHARS}`);
  }
  const value = parseJson5(text, name);
  if (Array.isArray(value)) throw invalid(`Wrong content in ${name}: the whole must be an object`);
  const parsed = v.safeParse(ConfigFileSchema, value, { message: kindRule });
  if (parsed.success) return { file: parsed.output, unused: keptKeysOf(value) };
  const findings = new Set(parsed.issues.map((issue) => issueText(issue, name)));
  const told = [...findings].slice(0, MAX_ISSUES);
  throw invalid(
    `${told.join("; ")}${findings.size > told.length ? `; and ${findings.size - told.length} more` : ""}`,
  );
}

/** For rules that the schema has no words for. Valibot's own would show the value. */
function kindRule(issue: v.BaseIssue<unknown>): string {
  return KINDS.get(issue.expected ?? "") ?? "is of the wrong kind";
}

function parseJson5(text: string, name: string): unknown {
  try {
    return JSON5.parse<unknown>(text.replace(/^\uFEFF/, ""));
  } catch (thrown) {
    throw invalid(`Cannot parse ${name}: ${syntaxText(thrown)}`);
  }
}

/** `JSON5: invalid character 'x' at 3:5`, in words. */
function syntaxText(thrown: unknown): string {
  if (!(thrown instanceof SyntaxError)) return "it is not JSON5";
  return thrown.message.replace(/^JSON5: /, "").replace(/ at (\d+):(\d+)$/, " at line $1, column $2");
}

function invalid(message: string): HostError {
  return new HostError("config.invalid", message, {
    fix: "Correct the file; a gateway that runs takes it up when it is saved",
  });
}
