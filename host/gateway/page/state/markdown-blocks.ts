/**
 * Where a growing markdown text may be cut, so that what stands before the cut never changes again.
 *
 * A streaming answer is rendered block by block: finished blocks once, the open one again and again. That
 * keeps the price of a token independent of the answer's length.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** Lines that may belong to the block above them although a blank line stands between. */
const CONTINUES = /^(?: {2,}|\t|[-*+] |\d{1,9}[.)] |>|\|)/;

/**
 * The largest cut in `text` at or after `from` (itself a cut, or 0): a blank line outside of code fences,
 * followed by a line that begins a new block.
 */
export function lastStableCut(text: string, from: number): number {
  let fence: string | null = null;
  let cut = from;
  let blankBefore = false;
  for (let start = from; start < text.length;) {
    const newline = text.indexOf("\n", start);
    if (newline < 0) break;
    const line = text.slice(start, newline);
    const mark = FENCE.exec(line)?.[1];
    if (fence === null && blankBefore && line.trim() !== "" && !CONTINUES.test(line)) cut = start;
    if (mark !== undefined) fence = nextFence(fence, mark, line);
    blankBefore = fence === null && line.trim() === "";
    start = newline + 1;
  }
  return cut;
}

/** A fence is closed by the same character, at least as long, with nothing behind it. */
function nextFence(open: string | null, mark: string, line: string): string | null {
  if (open === null) return mark;
  const closes = mark[0] === open[0] && mark.length >= open.length && line.trim() === mark;
  return closes ? null : open;
}
