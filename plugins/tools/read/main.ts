/**
 * `read`: a text file, or the entries of a folder, for the model.
 *
 * Guarantees: at most `MAX_BYTES` are read, line numbers are those of the file, what is not text is refused
 * with its kind. Refuses nothing else by itself: which paths it may touch is the broker's to say.
 */
import { defineTool, type FileEntry } from "openclaw/sdk";

/** A model reads a screenful at a time; more would only push the conversation out of its window. */
const MAX_BYTES = 64 * 1024;
const MAX_LINES = 400;

export default defineTool({
  name: "read",
  description:
    "Read a text file of the workspace, or list a folder. Lines come with their numbers; use offset and limit for long files.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "Path relative to the workspace, for example notes/today.md" },
      offset: { type: "integer", minimum: 1, description: "First line, from 1" },
      limit: {
        type: "integer",
        minimum: 1,
        maximum: MAX_LINES,
        description: `Number of lines, at most ${MAX_LINES}`,
      },
    },
    required: ["path"],
    additionalProperties: false,
  },
  async execute({ path, offset = 1, limit = MAX_LINES }, ctx) {
    const stat = await ctx.files.stat(path);
    if (stat.type === "directory") return listing(path, await ctx.files.list(path));
    const bytes = await ctx.files.read(path, { length: MAX_BYTES });
    const kind = binaryKind(bytes);
    if (kind !== null)
      return { content: [{ type: "text", text: `"${path}" is ${kind}, not text` }], isError: true };
    return numbered(path, new TextDecoder().decode(bytes), { offset, limit, size: stat.size });
  },
});

function listing(path: string, entries: readonly FileEntry[]): string {
  if (entries.length === 0) return `"${path}" is an empty folder`;
  return entries
    .map((entry) => (entry.type === "directory" ? `${entry.name}/` : `${entry.name} (${entry.size} bytes)`))
    .join("\n");
}

function numbered(
  path: string,
  text: string,
  range: { offset: number; limit: number; size: number },
): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) return `"${path}" is empty`;
  if (range.offset > lines.length)
    return `"${path}" has ${lines.length} lines; there is no line ${range.offset}`;
  const last = Math.min(lines.length, range.offset - 1 + range.limit);
  const shown = lines.slice(range.offset - 1, last).map((line, index) => `${range.offset + index}\t${line}`);
  const more = range.size > MAX_BYTES ? `only the first ${MAX_BYTES} of ${range.size} bytes were read` : null;
  const rest = last < lines.length ? `lines ${range.offset} to ${last} of ${lines.length}` : null;
  const note = [rest, more].filter((part) => part !== null).join("; ");
  return note === "" ? shown.join("\n") : `${shown.join("\n")}\n[${note}]`;
}

const SIGNATURES: readonly (readonly [string, readonly number[]])[] = [
  ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["a JPEG image", [0xff, 0xd8, 0xff]],
  ["a GIF image", [0x47, 0x49, 0x46, 0x38]],
  ["a PDF document", [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ["a ZIP archive", [0x50, 0x4b, 0x03, 0x04]],
  ["a gzip archive", [0x1f, 0x8b]],
  ["a program", [0x7f, 0x45, 0x4c, 0x46]],
];

function binaryKind(bytes: Uint8Array): string | null {
  for (const [kind, signature] of SIGNATURES) {
    if (signature.every((byte, index) => bytes[index] === byte)) return kind;
  }
  return bytes.subarray(0, 8192).includes(0) ? "a binary file" : null;
}
