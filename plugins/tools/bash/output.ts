/** What a script wrote, as the model gets it: bounded, with the beginning and more of the end, where errors stand. */

const HEAD_CHARS = 4_000;
const TAIL_CHARS = 10_000;
const STDERR_CHARS = 4_000;

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  /** What else there is to say, each a line in brackets. */
  readonly notes: readonly string[];
}

export function joinOutput({ stdout, stderr, notes }: Output): string {
  const errors = shorten(stderr.trimEnd(), 1_000, STDERR_CHARS - 1_000);
  const parts = [
    shorten(stdout.trimEnd(), HEAD_CHARS, TAIL_CHARS),
    errors === "" ? "" : `[stderr]\n${errors}`,
    ...notes.map((note) => `[${note}]`),
  ];
  return parts.filter((part) => part !== "").join("\n") || "(no output)";
}

function shorten(text: string, head: number, tail: number): string {
  if (text.length <= head + tail) return text;
  const left = text.length - head - tail;
  const first = text.slice(0, head).replace(/[\ud800-\udbff]$/, "");
  const last = text.slice(-tail).replace(/^[\udc00-\udfff]/, "");
  return `${first}\n[… ${left} characters left out; write to a file and read it in parts …]\n${last}`;
}
