/**
 * A range of lines, out of a file that is read piece by piece.
 *
 * Guarantees that memory holds one piece and the lines that are shown, however long the file or a line of it is: of a
 * long line only its beginning is kept. Reading stops as soon as what comes after is known to be there.
 */

export interface RangeBounds {
  /** Bytes that are read at once. */
  readonly pieceBytes: number;
  /** Bytes that are looked through for the first line; a file's lines have no index. */
  readonly scanBytes: number;
  /** Characters of one line. */
  readonly lineChars: number;
  /** Characters of all lines together. */
  readonly totalChars: number;
}

export interface LineRange {
  /** The number of the first line that was looked for, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
  /** Whether lines follow, as far as was read. */
  readonly hasMore: boolean;
  /** Lines that were counted; of all of the file if it was read to its end. */
  readonly counted: number;
  /** Why it ends where it does, if not for the range itself. */
  readonly stopped: "scan" | "total" | null;
  readonly cutLines: number;
}

/** Bytes `from` to `from + length`, fewer at the file's end. */
export type ReadPiece = (from: number, length: number) => Promise<Uint8Array>;

const NEWLINE = 0x0a;

export async function readLines(
  read: ReadPiece,
  range: { readonly offset: number; readonly limit: number },
  bounds: RangeBounds,
): Promise<LineRange> {
  const collector = createCollector(range, bounds);
  let at = 0;
  while (!collector.isDone()) {
    if (at >= bounds.scanBytes) return collector.result("scan");
    const piece = await read(at, Math.min(bounds.pieceBytes, bounds.scanBytes - at));
    if (piece.length === 0) return collector.end();
    at += piece.length;
    collector.take(piece);
  }
  return collector.result(null);
}

function createCollector({ offset, limit }: { offset: number; limit: number }, bounds: RangeBounds) {
  const lines: string[] = [];
  /** Bytes of the line under way that are kept: four for each character, in the worst case. */
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let lineBytes = 0;
  let number = 1;
  let chars = 0;
  let cutLines = 0;
  let stopped: LineRange["stopped"] = null;
  const isWanted = () => number >= offset && number < offset + limit && stopped === null;

  const finishLine = () => {
    if (isWanted()) {
      const { text, isCut } = lineText(kept, keptBytes, lineBytes, bounds.lineChars);
      if (chars + text.length > bounds.totalChars && lines.length > 0) stopped = "total";
      else {
        lines.push(text);
        chars += text.length + 1;
        if (isCut) cutLines += 1;
      }
    }
    number += 1;
    kept = [];
    keptBytes = 0;
    lineBytes = 0;
  };
  const grow = (bytes: Uint8Array) => {
    lineBytes += bytes.length;
    const room = bounds.lineChars * 4 - keptBytes;
    if (!isWanted() || room <= 0) return;
    kept.push(bytes.slice(0, room));
    keptBytes += Math.min(room, bytes.length);
  };
  const result = (why: LineRange["stopped"]): LineRange => ({
    first: offset,
    lines,
    hasMore: true,
    counted: number - 1,
    stopped: stopped ?? why,
    cutLines,
  });

  return {
    /** Once a byte of the line after the last one has been seen. */
    isDone: () => stopped !== null || (number >= offset + limit && lineBytes > 0),
    take(piece: Uint8Array) {
      let from = 0;
      for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, from)) {
        grow(piece.subarray(from, at));
        if (number >= offset + limit) lineBytes += 1;
        if (this.isDone()) return;
        finishLine();
        from = at + 1;
      }
      grow(piece.subarray(from));
    },
    end(): LineRange {
      if (lineBytes > 0) finishLine();
      return { ...result(null), hasMore: stopped !== null };
    },
    result,
  };
}

function lineText(
  kept: readonly Uint8Array[],
  keptBytes: number,
  lineBytes: number,
  maxChars: number,
): { text: string; isCut: boolean } {
  const bytes = new Uint8Array(keptBytes);
  let at = 0;
  for (const part of kept) {
    bytes.set(part, at);
    at += part.length;
  }
  // ignoreBOM is left at its default: a byte order mark at the file's start is not part of its text.
  const text = new TextDecoder().decode(bytes).replace(/\r$/, "");
  if (text.length <= maxChars && keptBytes === lineBytes) return { text, isCut: false };
  const shown = text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "");
  return { text: `${shown} … [the line goes on: ${lineBytes} bytes in all]`, isCut: true };
}
