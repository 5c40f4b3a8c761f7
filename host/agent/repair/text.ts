/** JSON that a small model wrote nearly right: in a code fence, among words, with single quotes or a comma too many. Pure. */
import JSON5 from "json5";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";

/** The one object in a text; null if there is none, or if it cannot be told where it ends. */
export function looseObject(text: string): JsonObject | null {
  const bare = withoutFence(text.trim());
  const whole = parse(bare);
  if (typeof whole === "string") return objectIn(parse(whole.trim()));
  if (whole !== undefined) return objectIn(whole);
  const [start, end] = [bare.indexOf("{"), bare.lastIndexOf("}")];
  return start === -1 || end < start ? null : objectIn(parse(bare.slice(start, end + 1)));
}

/** What a whole text is that holds nothing but one fence, or one of the tags that models put around calls. */
export function withoutFence(text: string): string {
  const fenced = /^```[\w-]*\s*\n([\s\S]*?)\n?```$/.exec(text)?.[1] ?? text;
  return (/^<tool_call>([\s\S]*)<\/tool_call>$/.exec(fenced.trim())?.[1] ?? fenced).trim();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Of JSON5 only what models write: what it knows besides (Infinity, hexadecimal) is no JSON afterwards either.
    try {
      return JSON.parse(JSON.stringify(JSON5.parse(text)));
    } catch {
      return undefined;
    }
  }
}

function objectIn(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
