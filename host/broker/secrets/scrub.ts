/**
 * Takes secrets' values out of what comes back: each is replaced by its placeholder, in text and in streams.
 *
 * A value is found in each of its spellings (`spellings.ts`). In a stream it is found across chunks too; bytes are
 * held back only while they could be the beginning of a value, so that a stream of events is not slowed down. What
 * a server makes of a value beyond that, it can give away. The work grows with the bytes, not with how often a
 * value stands in them: a server may send nothing else.
 */
import { EffectError } from "#host/broker/failure.ts";
import type { Filled } from "./placeholders.ts";
import { spellingsOf } from "./spellings.ts";

export interface Scrubber {
  text(text: string): string;
  /** Bytes that nothing follows. Throws an EffectError `too-large` if more than `maxBytes` come of them. */
  whole(bytes: Uint8Array, maxBytes: number): Uint8Array;
  bytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined>;
}

interface Pattern {
  readonly text: string;
  readonly bytes: Buffer;
  readonly by: string;
  readonly byBytes: Buffer;
}

export function createScrubber(secrets: readonly Filled[]): Scrubber {
  const patterns = secrets
    .flatMap(({ value, placeholder: by }) => {
      const byBytes = Buffer.from(by);
      return spellingsOf(value).map((text) => ({ text, bytes: Buffer.from(text), by, byBytes }));
    })
    // Of two that begin at one place the longer one is meant.
    .sort((a, b) => b.bytes.length - a.bytes.length);
  return {
    text: (text) => patterns.reduce((rest, { text: value, by }) => rest.replaceAll(value, () => by), text),
    whole: (bytes, maxBytes) => replaceIn(Buffer.from(bytes), patterns, { isLast: true, maxBytes }).ready,
    async *bytes(source) {
      let held: Buffer = Buffer.alloc(0);
      for await (const chunk of source) {
        const { ready, rest } = replaceIn(Buffer.concat([held, chunk]), patterns, { isLast: false });
        held = rest;
        if (ready.length > 0) yield ready;
      }
      const { ready } = replaceIn(held, patterns, { isLast: true });
      if (ready.length > 0) yield ready;
    },
  };
}

interface ReplaceOptions {
  /** Nothing follows, so that nothing needs to be held back. */
  readonly isLast: boolean;
  readonly maxBytes?: number;
}

function replaceIn(
  bytes: Buffer,
  patterns: readonly Pattern[],
  { isLast, maxBytes = Number.POSITIVE_INFINITY }: ReplaceOptions,
): { readonly ready: Buffer; readonly rest: Buffer } {
  const pieces: Buffer[] = [];
  const matches = new Matches(bytes, patterns);
  let [at, size, open] = [0, 0, isLast ? bytes.length : 0];
  for (;;) {
    if (!isLast && open <= at) open = unfinishedFrom(bytes, patterns, at);
    const found = matches.first(at);
    if (found === null || found.index >= open) {
      pieces.push(bytes.subarray(at, open));
      return { ready: Buffer.concat(pieces), rest: bytes.subarray(open) };
    }
    const { index, pattern } = found;
    pieces.push(bytes.subarray(at, index), pattern.byBytes);
    size += index - at + pattern.byBytes.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    at = index + pattern.bytes.length;
  }
}

/** Where each pattern stands next: looked for again only once that place is passed. */
class Matches {
  readonly #bytes: Buffer;
  readonly #patterns: readonly Pattern[];
  readonly #next: number[];

  constructor(bytes: Buffer, patterns: readonly Pattern[]) {
    this.#bytes = bytes;
    this.#patterns = patterns;
    this.#next = patterns.map(() => -1);
  }

  first(from: number): { readonly index: number; readonly pattern: Pattern } | null {
    let first: { readonly index: number; readonly pattern: Pattern } | null = null;
    for (const [at, pattern] of this.#patterns.entries()) {
      const index = this.#indexOf(at, pattern, from);
      if (index < (first?.index ?? Number.POSITIVE_INFINITY)) first = { index, pattern };
    }
    return first;
  }

  #indexOf(at: number, { bytes }: Pattern, from: number): number {
    const known = this.#next[at] ?? -1;
    if (known >= from) return known;
    const found = this.#bytes.indexOf(bytes, from);
    return (this.#next[at] = found === -1 ? Number.POSITIVE_INFINITY : found);
  }
}

function tooLarge(maxBytes: number): EffectError {
  return new EffectError(
    "too-large",
    `Cannot read the answer: with placeholders in place of secrets it is larger than ${maxBytes} bytes`,
  );
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
