/** The lines of a Markdown text and the code fences that they open and close. Pure. */

export interface Fence {
  /** What closes it: its own backticks or tildes. */
  readonly marker: string;
  /** The line that opened it, without what stands around: "```js". */
  readonly opening: string;
}

export interface Line {
  readonly start: number;
  /** Behind its newline. */
  readonly end: number;
  readonly text: string;
  /** False for the last line of a text that may go on. */
  readonly isWhole: boolean;
  /** The fence that is open behind it. */
  readonly fence: Fence | null;
  readonly kind: "text" | "blank" | "opens" | "closes" | "code";
}

/** Where a text begins: in an open fence, in the middle of a line. */
export interface Place {
  readonly fence: Fence | null;
  readonly midLine: boolean;
}

const OPENS = /^[ \t]*(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

export function linesOf(text: string, from: Place): Line[] {
  const lines: Line[] = [];
  let { fence } = from;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline + 1;
    const body = text.slice(start, newline === -1 ? end : newline);
    const isPart = start === 0 && from.midLine;
    const kind = kindOf(body, fence, isPart);
    if (kind === "opens") fence = fenceOf(body);
    if (kind === "closes") fence = null;
    lines.push({ start, end, text: body, isWhole: newline !== -1, fence, kind });
    start = end;
  }
  return lines;
}

function kindOf(body: string, fence: Fence | null, isPart: boolean): Line["kind"] {
  if (fence === null && !isPart && OPENS.test(body)) return "opens";
  if (fence === null) return body.trim() === "" && !isPart ? "blank" : "text";
  return !isPart && closes(body.trim(), fence.marker) ? "closes" : "code";
}

function closes(body: string, marker: string): boolean {
  return body.startsWith(marker) && body === marker.charAt(0).repeat(body.length);
}

function fenceOf(body: string): Fence {
  return { marker: OPENS.exec(body)?.[1] ?? "```", opening: body.trim() };
}

/** The fence that is open at a position, and where its opening line stands; null for one that was open before. */
export function openFenceAt(
  text: string,
  from: Place,
  at: number,
): { readonly fence: Fence; readonly start: number | null } | null {
  let start: number | null = null;
  let { fence } = from;
  for (const line of linesOf(text, from)) {
    if (line.start >= at) break;
    if (line.kind === "opens") start = line.start;
    // A line that closes a fence belongs to it until its own end.
    if (line.kind !== "closes" || line.end <= at) fence = line.fence;
  }
  return fence === null ? null : { fence, start };
}
