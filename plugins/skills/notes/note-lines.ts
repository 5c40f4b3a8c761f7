/**
 * Notes as lines of Markdown: `- 2026-11-27 09:30 text #tag`, further lines of a note indented. Pure.
 *
 * Guarantees that a note that was written is read back as the same text; lines that people wrote by hand are read too.
 */

export interface Note {
  /** `2026-11-27 09:30`; empty for a line by hand. */
  readonly when: string;
  readonly text: string;
}

const LINE = /^- (?:(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) )?(.*)$/;

/** `now`: local time, as `Date` has it. */
export function formatNote(text: string, tags: readonly string[], now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const marks = tags.map((tag) => ` #${tagOf(tag)}`).join("");
  const [first = "", ...rest] = linesOf(text);
  const indented = rest.map((line) => `  ${line}`.trimEnd());
  const last = indented.length - 1;
  const lines = [`- ${day} ${two(now.getHours())}:${two(now.getMinutes())} ${first}`, ...indented];
  lines[last + 1] = `${lines[last + 1] ?? ""}${marks}`;
  return `${lines.join("\n")}\n`;
}

export function fileOf(now: Date): string {
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}.md`;
}

function linesOf(text: string): string[] {
  return text
    .trim()
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd());
}

function tagOf(tag: string): string {
  return tag.trim().replace(/^#/, "").replaceAll(/\s+/g, "-");
}

/** In the order of the file. */
export function parseNotes(file: string): Note[] {
  const notes: { when: string; lines: string[] }[] = [];
  for (const line of file.split(/\r?\n/)) {
    const [, when = "", text] = LINE.exec(line) ?? [];
    if (text !== undefined) notes.push({ when, lines: [text] });
    else if (/^ {2}|^$/.test(line)) notes.at(-1)?.lines.push(line.slice(2));
    else if (line.trim() !== "" && !line.startsWith("#")) notes.push({ when: "", lines: [line] });
  }
  return notes.map(({ when, lines }) => ({ when, text: lines.join("\n").trimEnd() }));
}

/** Every word of the query occurs, whatever its case. */
export function matches({ when, text }: Note, query: string): boolean {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const searched = `${when} ${text}`.toLowerCase();
  return words.every((word) => searched.includes(word));
}
