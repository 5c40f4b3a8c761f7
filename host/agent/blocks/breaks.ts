/**
 * Where a Markdown text may be cut, and how good each place is. Pure.
 *
 * No place stands inside a grapheme cluster, a link, or the line of a fence; none makes what follows look like a fence.
 */
import { linesOf, type Fence, type Line, type Place } from "./fences.ts";

export type BreakKind = "paragraph" | "fence" | "newline" | "sentence" | "space" | "code" | "cluster";

export interface Break {
  /** Characters in front of it. */
  readonly at: number;
  /** `fence`: directly before a line that opens one. `code`: between two lines in one. */
  readonly kind: BreakKind;
  /** The fence that is open there. */
  readonly fence: Fence | null;
}

const SENTENCE = /[.!?…][)\]"'»”’*_]*[ \t]+|[。！？]+/g;
const SPACE = /[ \t]+/g;
const LINK = /!?\[[^\]\n]*(?:\]\([^)\n]*\)?|$)|<[a-z][\w+.-]*:[^>\s]*>?|\b[a-z][\w+.-]*:\/\/\S+/gi;
const LOOKS_LIKE_FENCE = /^[ \t]*(?:`{3}|~{3})/;
const MAY_BECOME_FENCE = /^[ \t]*(?:`{0,2}|~{0,2})$/;

/** Ends of paragraphs, lines, sentences and words, in order. */
export function breaksOf(text: string, from: Place, isWhole: boolean): Break[] {
  return linesOf(text, from).flatMap((line, index, lines) => [
    ...(line.kind === "text" ? insideOf(text, line, isWhole) : []),
    ...endOf(line, lines[index + 1]),
  ]);
}

function endOf(line: Line, next: Line | undefined): Break[] {
  const { end: at, fence, kind, isWhole } = line;
  if (!isWhole || kind === "opens") return [];
  if (fence !== null) return [{ at, kind: "code", fence }];
  if (kind === "blank" || kind === "closes") return [{ at, kind: "paragraph", fence }];
  return [{ at, kind: next?.kind === "opens" ? "fence" : "newline", fence }];
}

function insideOf(text: string, line: Line, isWhole: boolean): Break[] {
  const links = [...line.text.matchAll(LINK)].map(
    ({ index, 0: link }) => [index, index + link.length] as const,
  );
  const sentences = new Set([...line.text.matchAll(SENTENCE)].map(endOfMatch));
  const ends = [...line.text.matchAll(SPACE)].map(endOfMatch);
  const places = [...new Set([...sentences, ...ends])].toSorted((a, b) => a - b);
  return places.flatMap((place): Break[] => {
    const rest = text.slice(line.start + place, line.end);
    const inLink = links.some(([start, end]) => start < place && place < end);
    if (place === line.text.length || inLink || LOOKS_LIKE_FENCE.test(rest)) return [];
    if (!isWhole && !line.isWhole && MAY_BECOME_FENCE.test(rest)) return [];
    return [{ at: line.start + place, kind: sentences.has(place) ? "sentence" : "space", fence: line.fence }];
  });
}

function endOfMatch(match: RegExpExecArray): number {
  return match.index + match[0].length;
}

const clusters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Between any two grapheme clusters of the first `limit` characters; within links only if `inLinks`. */
export function clusterBreaks(text: string, from: Place, limit: number, inLinks: boolean): Break[] {
  const lines = linesOf(text, from);
  return lines.flatMap((line): Break[] => {
    if (line.start >= limit || line.kind === "opens" || line.kind === "closes") return [];
    const links = inLinks || line.kind === "code" ? [] : [...line.text.matchAll(LINK)];
    const ends = [...clusters.segment(line.text)].map(({ index, segment }) => index + segment.length);
    return ends.flatMap((place): Break[] => {
      const at = line.start + place;
      const inLink = links.some(({ index, 0: link }) => index < place && place < index + link.length);
      if (place === line.text.length || inLink || LOOKS_LIKE_FENCE.test(line.text.slice(place))) return [];
      if (LOOKS_LIKE_FENCE.test(line.text.slice(0, place)) && line.kind === "text") return [];
      return at > limit ? [] : [{ at, kind: "cluster", fence: line.fence }];
    });
  });
}
