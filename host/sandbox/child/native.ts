/**
 * Answers to small questions of the runtime that need no authority: the clock, text decoding, URLs.
 * Randomness, cryptography and compression are `native-work.ts`.
 *
 * Everything is bounded, because it runs on the one thread that all isolates of this process share.
 */
import encodingTables from "encoding-tables:json";
import { parseUrl, setUrlPart } from "./native-url.ts";
import type { JsonObject } from "#host/base/json.ts";

/** Answers a question of the runtime; undefined for what is not a question, null for what has no answer. */
export function answerQuestion(message: JsonObject, bytes: ArrayBuffer): unknown {
  switch (message.t) {
    case "now":
      return performance.now();
    case "decode":
      return decode(message.fatal === true, bytes);
    case "encoding.tables":
      return encodingTables;
    case "url.parse":
      return parseUrl(String(message.url), message.base);
    case "url.set":
      return setUrlPart(String(message.href), String(message.part), String(message.value));
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
