/** The `application/x-www-form-urlencoded` format (URL standard, section 5). */
import { utf8fromStringLoose, utf8toStringLoose } from "./utf8.ts";

export function parseForm(text: string): [string, string][] {
  return text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
      return [decode(name), decode(value)];
    });
}

export function serializeForm(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  return spaced.includes("%") ? utf8toStringLoose(percentDecode(spaced)) : spaced;
}

export function percentDecode(text: string): Uint8Array {
  const bytes = utf8fromStringLoose(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const value = bytes[at] === 0x25 ? hexByte(bytes[at + 1], bytes[at + 2]) : -1;
    if (value >= 0) at += 2;
    bytes[length++] = value >= 0 ? value : (bytes[at] ?? 0);
  }
  return bytes.subarray(0, length);
}

function hexByte(high: number | undefined, low: number | undefined): number {
  const [left, right] = [hexDigit(high), hexDigit(low)];
  return left < 0 || right < 0 ? -1 : left * 16 + right;
}

function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** `encodeURIComponent` leaves five characters more than this format does, and writes a space otherwise. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%20|[!'()~]/g, (found) =>
    found === "%20" ? "+" : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
