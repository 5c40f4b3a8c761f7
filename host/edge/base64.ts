/** `atob` and `btoa` (HTML standard, section 8.3), over the language's own base64. */
import { domString, wants } from "./web-idl.ts";

interface Base64Bytes {
  fromBase64(text: string): Uint8Array;
  prototype: { toBase64(this: Uint8Array): string };
}

const bytesClass = Uint8Array as unknown as Base64Bytes;
const PIECE = 8_192;

export function btoa(data: unknown): string {
  wants(arguments.length, 1, "btoa");
  const text = domString(data);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw invalid("Cannot encode the text: it has characters beyond U+00FF");
    bytes[at] = code;
  }
  return bytesClass.prototype.toBase64.call(bytes);
}

export function atob(data: unknown): string {
  wants(arguments.length, 1, "atob");
  const text = domString(data).replace(/[\t\n\f\r ]+/g, "");
  const bare = text.length % 4 === 0 ? text.replace(/={1,2}$/, "") : text;
  if (bare.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(bare))
    throw invalid("Cannot decode the text: it is not base64");
  const bytes = bytesClass.fromBase64(bare);
  let decoded = "";
  for (let at = 0; at < bytes.length; at += PIECE)
    decoded += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return decoded;
}

function invalid(message: string): DOMException {
  return new DOMException(message, "InvalidCharacterError");
}
