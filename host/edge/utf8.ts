/**
 * UTF-8 to and from text. The build gives this to the encoding library in its own module's place: what is long is
 * decoded natively in the child, which is several times faster than JavaScript, and what is short here.
 */
import { decodeFast, encode } from "@exodus/bytes/utf8-fallback";
import { ownBuffer } from "./bytes.ts";
import { askInTurn } from "./turn.ts";

/** From here on the way through the door is the shorter one. */
const NATIVE_FROM = 1_024;
/** One piece for the child's thread, which all isolates of a process share. */
const NATIVE_PIECE = 1024 * 1024;

export function utf8fromStringLoose(text: string): Uint8Array<ArrayBuffer> {
  return text === "" ? new Uint8Array(0) : encode(text, true);
}

/** Throws a TypeError for what is not well formed. */
export function utf8fromString(text: string): Uint8Array<ArrayBuffer> {
  return text === "" ? new Uint8Array(0) : encode(text, false);
}

export function utf8toStringLoose(bytes: Uint8Array): string {
  return bytes.byteLength < NATIVE_FROM ? decodeFast(bytes, true) : decodeNatively(bytes, false);
}

/** Throws a TypeError for what is not well formed. */
export function utf8toString(bytes: Uint8Array): string {
  return bytes.byteLength < NATIVE_FROM ? decodeFast(bytes, false) : decodeNatively(bytes, true);
}

function decodeNatively(bytes: Uint8Array, fatal: boolean): string {
  let text = "";
  for (let at = 0; at < bytes.byteLength;) {
    const end = pieceEnd(bytes, at);
    const piece = askInTurn({ t: "decode", fatal }, ownBuffer(bytes.subarray(at, end)));
    if (typeof piece !== "string") throw new TypeError("Cannot decode: the data is not valid utf-8");
    text += piece;
    at = end;
  }
  return text;
}

/** A piece does not end within a character: up to three bytes that go on one are left to the next. */
function pieceEnd(bytes: Uint8Array, start: number): number {
  let end = Math.min(start + NATIVE_PIECE, bytes.byteLength);
  if (end === bytes.byteLength) return end;
  for (let back = 0; back < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back++) end--;
  return end;
}
