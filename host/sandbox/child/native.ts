/**
 * Native work for isolates that needs no authority: the clock, randomness, text decoding, URLs, digests.
 *
 * Everything is bounded, because it runs on the one thread that all isolates of this process share.
 */
import { randomBytes, webcrypto } from "node:crypto";
import encodingTables from "encoding-tables:json";
import { parseUrl, setUrlPart } from "./native-url.ts";
import type { DigestAlgorithm } from "#host/edge/door-protocol.ts";
import type { JsonObject } from "#host/base/json.ts";

/** Web Crypto's bound for one `getRandomValues`. */
const MAX_RANDOM_BYTES = 65_536;

/** Answers a question of the runtime; undefined for what is not a question, null for what has no answer. */
export function answerQuestion(message: JsonObject, bytes: ArrayBuffer): unknown {
  switch (message.t) {
    case "now":
      return performance.now();
    case "random":
      return bufferOf(randomBytes(Math.min(Number(message.bytes) || 0, MAX_RANDOM_BYTES)));
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

export const DIGESTS: readonly DigestAlgorithm[] = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

/** Done on another thread. */
export function digest(algorithm: DigestAlgorithm, bytes: ArrayBuffer): Promise<ArrayBuffer> {
  return webcrypto.subtle.digest(algorithm, bytes);
}

function decode(fatal: boolean, bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A copy: a Node buffer is a view on memory that others share. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
