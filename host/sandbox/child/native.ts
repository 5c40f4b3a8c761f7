/**
 * Answers to small questions of the runtime that need no authority: text decoding, URLs.
 * Randomness, cryptography and compression are `native-work.ts`.
 *
 * Each is linear in a text or in bytes that the door bounds; `native-work.ts` rations the time of the thread that it takes.
 */
import encodingTables from "encoding-tables:json";
import { parseUrl, setUrlPart } from "./native-url.ts";
import type { JsonObject } from "#host/base/json.ts";

/** A question that takes time of the thread: how it is answered, null standing for no answer; undefined for any other. */
export function questionOf(message: JsonObject, bytes: ArrayBuffer): (() => string | null) | undefined {
  switch (message.t) {
    case "decode":
      return () => decode(message.fatal === true, bytes);
    case "encoding.tables":
      return () => encodingTables;
    case "url.parse":
      return () => parseUrl(String(message.url), message.base);
    case "url.set":
      return () => setUrlPart(String(message.href), String(message.part), String(message.value));
    default:
      return undefined;
  }
}

function decode(fatal: boolean, bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
