/**
 * The few commands that the demo model understands. It reads them literally: there is no intelligence here
 * and none is pretended.
 *
 * `/tool NAME {json}` · `/NAME key=value …` · `use NAME …` · `help`
 */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { ModelTool } from "./provider.ts";

export type DemoCommand =
  | { readonly kind: "talk" }
  | { readonly kind: "help" }
  | { readonly kind: "call"; readonly tool: ModelTool; readonly arguments: JsonObject }
  | { readonly kind: "unknown-tool"; readonly name: string }
  | { readonly kind: "bad-arguments"; readonly tool: ModelTool; readonly text: string };

export function parseDemoCommand(text: string, tools: readonly ModelTool[]): DemoCommand {
  const line = text.trim();
  if (/^\/?(help|tools)[.!?]?$/i.test(line)) return { kind: "help" };
  const [, slashed, used, rest = ""] =
    /^(?:\/(?:tool\s+)?([\w.-]+)|(?:use|call)\s+([\w.-]+))\s*([\s\S]*)$/i.exec(line) ?? [];
  const name = slashed ?? used;
  if (name === undefined) return { kind: "talk" };
  const tool = tools.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (tool === undefined)
    return used !== undefined && rest !== "" ? { kind: "talk" } : { kind: "unknown-tool", name };
  const given = parseArguments(rest.trim(), tool);
  return given === null
    ? { kind: "bad-arguments", tool, text: rest.trim() }
    : { kind: "call", tool, arguments: given };
}

/** Null if the text is no JSON object though it starts like one, or if a word belongs to no parameter. */
function parseArguments(text: string, tool: ModelTool): JsonObject | null {
  if (text.startsWith("{")) return parseObject(text);
  const names = parameterNames(tool);
  const result: JsonObject = {};
  for (const word of splitWords(text.replace(/^with\s+/i, ""))) {
    const [, key = "", value = ""] = /^([\w-]+)=([\s\S]*)$/.exec(word) ?? [];
    if (names.includes(key)) result[key] = coerce(value, tool, key);
    else if (!putInFirstFree(result, word, tool, names)) return null;
  }
  return result;
}

/** A bare word is the value of the first parameter that has none: `/read notes.txt`. */
function putInFirstFree(
  result: JsonObject,
  word: string,
  tool: ModelTool,
  names: readonly string[],
): boolean {
  const free = names.find((name) => !(name in result));
  if (free === undefined) return false;
  result[free] = coerce(word, tool, free);
  return true;
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Words; `"two words"` and `key="two words"` are one. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));
}

/** The names of a tool's parameters, required ones first. */
export function parameterNames(tool: ModelTool): string[] {
  const { properties, required } = tool.parameters;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const needed = Array.isArray(required) ? required.filter((name) => names.includes(String(name))) : [];
  return [...new Set([...needed.map(String), ...names])];
}

function coerce(text: string, tool: ModelTool, name: string): JsonValue {
  const { properties } = tool.parameters;
  const schema = isJsonObject(properties) ? properties[name] : undefined;
  const type = isJsonObject(schema) ? schema.type : undefined;
  if ((type === "number" || type === "integer") && text.trim() !== "" && Number.isFinite(Number(text))) {
    return Number(text);
  }
  if (type === "boolean" && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text;
}
