/**
 * Takes secrets' values out of what comes back: each is replaced by its placeholder, in text and in streams.
 *
 * A value is found as it is, percent-encoded, as a JSON text has it, and in base64. In a stream it is found
 * across chunks too; bytes are held back only while they could be the beginning of a value, so that a stream
 * of events is not slowed down. What a server makes of a value beyond that, it can give away.
 */
import type { Filled } from "./placeholders.ts";

export interface Scrubber {
  text(text: string): string;
  /** Bytes that nothing follows. */
  whole(bytes: Uint8Array): Uint8Array;
  bytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined>;
}

interface Pattern {
  readonly text: string;
  readonly bytes: Buffer;
  readonly by: string;
}

export function createScrubber(secrets: readonly Filled[]): Scrubber {
  const patterns = secrets
    .flatMap(({ value, placeholder }) =>
      spellings(value).map((text) => ({ text, bytes: Buffer.from(text), by: placeholder })),
    )
    // Of two that begin at one place the longer one is meant.
    .sort((a, b) => b.bytes.length - a.bytes.length);
  return {
    text: (text) => patterns.reduce((rest, { text: value, by }) => rest.replaceAll(value, () => by), text),
    whole: (bytes) => replaceIn(Buffer.from(bytes), patterns, true).ready,
    async *bytes(source) {
      let held: Buffer = Buffer.alloc(0);
      for await (const chunk of source) {
        const { ready, rest } = replaceIn(Buffer.concat([held, chunk]), patterns, false);
        held = rest;
        if (ready.length > 0) yield ready;
      }
      const { ready } = replaceIn(held, patterns, true);
      if (ready.length > 0) yield ready;
    },
  };
}

function spellings(value: string): string[] {
  const inJson = JSON.stringify(value).slice(1, -1);
  const inForm = new URLSearchParams({ v: value }).toString().slice(2);
  const base64 = Buffer.from(value).toString("base64").replace(/=+$/, "");
  return [...new Set([value, inJson, inForm, encodeURIComponent(value), base64])];
}

/** `isLast`: nothing follows, so that nothing needs to be held back. */
function replaceIn(
  bytes: Buffer,
  patterns: readonly Pattern[],
  isLast: boolean,
): { readonly ready: Buffer; readonly rest: Buffer } {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const found = firstMatch(bytes, patterns, at);
    const open = isLast ? bytes.length : unfinishedFrom(bytes, patterns, at);
    if (found === null || found.index >= open) {
      pieces.push(bytes.subarray(at, open));
      return { ready: Buffer.concat(pieces), rest: bytes.subarray(open) };
    }
    pieces.push(bytes.subarray(at, found.index), Buffer.from(found.pattern.by));
    at = found.index + found.pattern.bytes.length;
  }
}

function firstMatch(
  bytes: Buffer,
  patterns: readonly Pattern[],
  from: number,
): { readonly index: number; readonly pattern: Pattern } | null {
  let first: { readonly index: number; readonly pattern: Pattern } | null = null;
  for (const pattern of patterns) {
    const index = bytes.indexOf(pattern.bytes, from);
    if (index >= 0 && (first === null || index < first.index)) first = { index, pattern };
  }
  return first;
}

/** Where the tail begins that may go on as a value with the next chunk; the end if no tail may. */
function unfinishedFrom(bytes: Buffer, patterns: readonly Pattern[], from: number): number {
  let earliest = bytes.length;
  for (const { bytes: value } of patterns) {
    const first = value[0] ?? 0;
    let start = bytes.indexOf(first, Math.max(from, bytes.length - value.length + 1));
    while (start >= 0 && start < earliest) {
      const length = bytes.length - start;
      if (bytes.compare(value, 0, length, start) === 0) earliest = start;
      else start = bytes.indexOf(first, start + 1);
    }
  }
  return earliest;
}
