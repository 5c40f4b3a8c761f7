/**
 * An answer in blocks, while it streams: what a channel sends as messages of its own.
 *
 * Guarantees: the sources of all blocks joined are the answer; each text keeps to `maxChars` and has its fences
 * balanced, since a fence that is longer than a block is closed and opened again with its info string; nothing is
 * cut inside a grapheme cluster or a link, unless that alone is longer than a block. Pure.
 */
import type { BlockChunking } from "#host/base/agent-settings.ts";
import { breaksOf, clusterBreaks, type Break, type BreakKind } from "./breaks.ts";
import { openFenceAt, type Fence, type Place } from "./fences.ts";

export interface Block {
  /** The characters of the answer that it holds. */
  readonly source: string;
  /** As it is sent; empty for blank lines alone. */
  readonly text: string;
}

export interface BlockSplitter {
  add(piece: string): Block[];
  /** What is left, at the end of the answer. */
  end(): Block[];
}

/** What follows a cut decides whether it is one: a cluster's rest, a link's end, a fence. */
const LOOKAHEAD = 64;

const SOFT: Readonly<Record<BlockChunking["breakPreference"], readonly BreakKind[]>> = {
  paragraph: ["paragraph"],
  newline: ["paragraph", "newline", "fence"],
  sentence: ["paragraph", "sentence"],
};
/** Best first, where a block is full. */
const FULL: readonly BreakKind[] = ["paragraph", "newline", "sentence", "space"];

export function createBlockSplitter(settings: BlockChunking): BlockSplitter {
  let rest = "";
  let place: Place = { fence: null, midLine: false };
  const cut = (chosen: Break): Block => {
    const source = rest.slice(0, chosen.at);
    const block = { source, text: textOf(source, place.fence, chosen.fence, settings.maxChars) };
    rest = rest.slice(chosen.at);
    place = { fence: chosen.fence, midLine: !source.endsWith("\n") };
    return block;
  };
  const drain = (isWhole: boolean): Block[] => {
    const blocks: Block[] = [];
    for (let next = nextBreak(rest, place, settings, isWhole); next !== null;) {
      blocks.push(cut(next));
      next = nextBreak(rest, place, settings, isWhole);
    }
    return blocks;
  };
  return {
    add(piece) {
      rest += piece;
      return drain(false);
    },
    end: () => drain(true),
  };
}

function nextBreak(rest: string, from: Place, settings: BlockChunking, isWhole: boolean): Break | null {
  const { minChars, maxChars, breakPreference } = settings;
  if (rest === "" || (!isWhole && rest.length < minChars)) return null;
  const window = rest.slice(0, maxChars + LOOKAHEAD);
  const seesEnd = isWhole && window.length === rest.length;
  const fits = ({ at, fence }: Break) =>
    textOf(rest.slice(0, at), from.fence, fence, maxChars).length <= maxChars;
  const all = breaksOf(window, from, seesEnd);
  const soft = SOFT[breakPreference];
  const wanted = all.find((one) => one.at >= minChars && soft.includes(one.kind) && fits(one));
  if (wanted !== undefined) return wanted;
  if (seesEnd) {
    const fence = openFenceAt(rest, from, rest.length)?.fence ?? null;
    const end: Break = { at: rest.length, kind: "paragraph", fence };
    if (fits(end)) return end;
  } else if (rest.length < maxChars + LOOKAHEAD) return null;
  return fullBreak(window, from, settings, all.filter(fits), fits);
}

/** The best cut of a text that is longer than a block. */
function fullBreak(
  window: string,
  from: Place,
  { minChars, maxChars }: BlockChunking,
  fitting: readonly Break[],
  fits: (one: Break) => boolean,
): Break {
  const open = openFenceAt(window, from, maxChars);
  const last = (kind: BreakKind, least: number) =>
    fitting.findLast((one) => one.kind === kind && one.at >= least);
  // A fence that does not end in this block may fit whole into the next.
  const before = open === null ? undefined : fitting.find((one) => one.at === open.start);
  const inside = open === null ? undefined : last("code", 1);
  const good = (least: number) => FULL.map((kind) => last(kind, least)).find((one) => one !== undefined);
  const outside = open === null ? (good(minChars) ?? good(1)) : undefined;
  const clusters = (inLinks: boolean) => clusterBreaks(window, from, maxChars, inLinks).findLast(fits);
  return before ?? inside ?? outside ?? clusters(false) ?? clusters(true) ?? anywhere(window, from, maxChars);
}

/** For a cluster that alone is longer than a block. Not between the halves of a surrogate pair. */
function anywhere(window: string, from: Place, maxChars: number): Break {
  const half = /[\uD800-\uDBFF]/.test(window.charAt(maxChars - 1)) ? maxChars - 1 : maxChars;
  const at = Math.max(1, half);
  return { at, kind: "cluster", fence: openFenceAt(window, from, at)?.fence ?? null };
}

/** The source with the marks that balance its fences, without blank lines around. */
function textOf(source: string, before: Fence | null, after: Fence | null, maxChars: number): string {
  const opened = before === null ? "" : `${openingOf(before, maxChars)}\n`;
  const closed = after === null ? "" : `${source.endsWith("\n") ? "" : "\n"}${after.marker}`;
  if (before === null && source.trim() === "") return "";
  const body = before === null ? source.replace(/^(?:[ \t]*\n)+/, "") : source;
  return `${opened}${after === null ? body.trimEnd() : body}${closed}`;
}

/** An info string that would crowd out the code is left away. */
function openingOf({ marker, opening }: Fence, maxChars: number): string {
  return opening.length <= maxChars / 4 ? opening : marker;
}
