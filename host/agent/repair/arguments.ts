/**
 * Arguments of a tool call as the tool's JSON Schema wants them. Pure.
 *
 * Only what has one reading is changed: "5" where a number belongs, a list that was written as text, a name or an
 * option in another case, null for what may be left out. What is still wrong then is said, never guessed.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";

export interface FittedArguments {
  readonly value: JsonObject;
  /** What was changed, for people. */
  readonly repairs: readonly string[];
  /** What is still wrong, for the model. */
  readonly problems: readonly string[];
}

type Schema = Readonly<Record<string, unknown>>;

export function fitArguments(given: JsonObject, schema: Schema): FittedArguments {
  const properties = objectOf(schema["properties"]);
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  // A map, since a model may write "__proto__".
  const value = new Map<string, JsonValue>();
  const repairs: string[] = [];
  const problems: string[] = [];
  for (const [written, inner] of Object.entries(given)) {
    const name = nameOf(written, properties, given);
    if (name !== written) repairs.push(`"${written}" is "${name}"`);
    const rule = properties[name];
    if (!isJsonObject(rule)) value.set(name, inner);
    else if (inner === null && !required.includes(name) && !allows(rule, null))
      repairs.push(`"${name}" is left out`);
    else {
      const fitted = fitValue(inner, rule);
      value.set(name, fitted);
      if (fitted !== inner) repairs.push(`"${name}" is ${JSON.stringify(fitted)}`);
      if (!allows(rule, fitted)) problems.push(`"${name}" must be ${wordsOf(rule)}`);
    }
  }
  for (const name of required) if (!value.has(name)) problems.push(`"${name}" is missing`);
  return { value: Object.fromEntries(value), repairs, problems };
}

/** The declared name that this one is in another case; itself if there is none, or more than one. */
function nameOf(written: string, properties: Schema, given: JsonObject): string {
  if (Object.hasOwn(properties, written)) return written;
  const same = Object.keys(properties).filter((name) => name.toLowerCase() === written.toLowerCase());
  const [only] = same;
  return same.length === 1 && only !== undefined && !Object.hasOwn(given, only) ? only : written;
}

const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/;

function fitValue(value: JsonValue, rule: Schema): JsonValue {
  if (allows(rule, value)) return value;
  const types = typesOf(rule);
  if (typeof value === "string") return fitText(value, rule, types);
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain && types.length === 1 && types[0] === "string" && !("enum" in rule) ? String(value) : value;
}

function fitText(text: string, rule: Schema, types: readonly string[]): JsonValue {
  const trimmed = text.trim();
  const options = Array.isArray(rule["enum"]) ? rule["enum"] : [];
  const same = options.filter(
    (option): option is string =>
      typeof option === "string" && option.toLowerCase() === trimmed.toLowerCase(),
  );
  if (same.length === 1 && same[0] !== undefined) return same[0];
  const readings: JsonValue[] = [];
  if (NUMBER.test(trimmed)) readings.push(Number(trimmed));
  if (/^(?:true|false)$/i.test(trimmed)) readings.push(trimmed.toLowerCase() === "true");
  if (types.includes("array") || types.includes("object")) readings.push(...jsonIn(trimmed));
  return readings.find((reading) => allows(rule, reading)) ?? text;
}

function jsonIn(text: string): JsonValue[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) || isJsonObject(value) ? [value as JsonValue] : [];
  } catch {
    return [];
  }
}

/** Only by type and options: what else a schema demands is the tool's own to check. */
function allows(rule: Schema, value: JsonValue): boolean {
  const types = typesOf(rule);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return false;
  return !Array.isArray(rule["enum"]) || rule["enum"].includes(value);
}

function typesOf(rule: Schema): readonly string[] {
  const { type } = rule as { type?: unknown };
  return (Array.isArray(type) ? type : [type]).filter((one) => typeof one === "string");
}

function isOfType(value: JsonValue, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "null") return value === null;
  if (type === "object") return isJsonObject(value);
  return typeof value === type;
}

function wordsOf(rule: Schema): string {
  if (Array.isArray(rule["enum"])) return `one of ${JSON.stringify(rule["enum"])}`;
  return typesOf(rule).join(" or ");
}

function objectOf(value: unknown): Schema {
  return isJsonObject(value) ? value : {};
}
