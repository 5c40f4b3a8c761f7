/**
 * A request as it leaves: each placeholder that stands in its declared place is replaced by the value.
 *
 * A placeholder anywhere else stays the text that it is: in another header, in a query, twice in one header,
 * elsewhere in a body. Pure, but for a body that is read.
 */
import type { Readable } from "node:stream";
import { SECRETS } from "#host/base/limits.ts";
import type { HeaderPairs } from "#host/broker/headers.ts";
import { EffectError } from "#host/broker/failure.ts";
import { aroundHole, type PlacedSecret } from "#manifests/secrets.ts";
import type { Filled } from "./placeholders.ts";
import { formTextAt, jsonTextAt, type TextAt } from "./text-at.ts";

/** A request to one host. */
export interface Departure {
  readonly url: URL;
  readonly headers: HeaderPairs;
  readonly body: Readable | Uint8Array | null;
}

export type Slot = PlacedSecret["slot"];
type SlotIn<Place extends Slot["in"]> = Extract<Slot, { in: Place }>;

/** The first header of that name, if its whole value is the format with a placeholder in it. */
export function fillHeader(
  headers: HeaderPairs,
  slot: SlotIn<"header">,
  filled: readonly Filled[],
): HeaderPairs {
  const at = headers.findIndex(([name]) => name.toLowerCase() === slot.name.toLowerCase());
  const [before, after] = aroundHole(slot.format ?? "{}");
  const found = filled.find(({ placeholder }) => headers[at]?.[1] === `${before}${placeholder}${after}`);
  if (found === undefined) return headers;
  return headers.with(at, [slot.name, `${before}${found.value}${after}`]);
}

/** The path from its beginning. The value is encoded: it can't lead to another path. */
export function fillPath(url: URL, slot: SlotIn<"urlPath">, filled: readonly Filled[]): URL {
  const [before, after] = aroundHole(slot.pattern);
  for (const { placeholder, value } of filled) {
    const wanted = `${before}${placeholder}${after}`;
    const isThere = after.endsWith("/") ? url.pathname.startsWith(wanted) : url.pathname === wanted;
    if (!isThere) continue;
    const next = new URL(url);
    const encoded = encodeURIComponent(value).replaceAll("%3A", ":");
    next.pathname = `${before}${encoded}${after}${url.pathname.slice(wanted.length)}`;
    return next;
  }
  return url;
}

/** Where a body of this type has texts; null for types that are sent as they come. */
export function bodyReader(headers: HeaderPairs): ReadText | null {
  const [, type = ""] = headers.find(([name]) => name.toLowerCase() === "content-type") ?? [];
  const [essence = ""] = type.toLowerCase().split(";", 1);
  if (/^application\/(?:[\w.+-]+\+)?json$/.test(essence.trim())) return jsonTextAt;
  return essence.trim() === "application/x-www-form-urlencoded" ? formTextAt : null;
}

type ReadText = (text: string, pointer: string) => TextAt | null;

/** The text with a value at the pointer; null if no placeholder stands there. */
export function fillText(
  text: string,
  pointer: string,
  filled: readonly Filled[],
  read: ReadText,
): string | null {
  // Most texts hold none, and looking is cheaper than parsing.
  if (!filled.some(({ placeholder }) => text.includes(placeholder))) return null;
  const found = read(text, pointer);
  const match = filled.find(({ placeholder }) => found?.value === placeholder);
  return found === null || match === undefined ? null : found.with(match.value);
}

/** Answers come in codings that can be looked into: the host says which, not the plugin. */
export function withoutEncoding(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => name.toLowerCase() !== "accept-encoding");
}

/** Answers come whole. */
export function withoutRange(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => !/^(?:if-)?range$/i.test(name));
}

/** The body's length changes: the connection counts it anew. */
export function withoutLength(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => name.toLowerCase() !== "content-length");
}

/** Rejects with `too-large` for more than `SECRETS.maxBodyBytes`. `doing` is the sentence's first half. */
export async function readWhole(source: AsyncIterable<Uint8Array>, doing: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > SECRETS.maxBodyBytes) {
      throw new EffectError(
        "too-large",
        `${doing}: it may hold a secret, and is larger than ${SECRETS.maxBodyBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
