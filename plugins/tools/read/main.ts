/**
 * `read`: lines of a text file, an image, or the entries of a folder, for the model.
 *
 * Guarantees: a file is never in memory whole, unless it is an image within `MAX_IMAGE_BYTES`; line numbers are those of
 * the file; what cannot be shown is refused with its kind. Which paths it may touch is the broker's to say.
 */
import { defineTool, type FileEntry, type PluginFiles, type ToolResult } from "openclaw/sdk";
import { HEAD_BYTES, kindOf } from "./kinds.ts";
import { readLines, type LineRange } from "./line-range.ts";

const KiB = 1024;
const MAX_LINES = 1_000;
/** A result is at most 1 MiB, of which base64 takes a third. */
const MAX_IMAGE_BYTES = 700 * KiB;
/** What a model sees of a folder. */
const MAX_ENTRIES = 500;

const BOUNDS = {
  pieceBytes: 256 * KiB,
  scanBytes: 64 * KiB * KiB,
  lineChars: 2_000,
  /** The host cuts a result at 20,000 characters; the note at its end must get through. */
  totalChars: 16_000,
};

export default defineTool({
  name: "read",
  description:
    "Read a text file of the workspace with line numbers, look at an image (PNG, JPEG, GIF, WebP), or list a folder. Use offset and limit for long files.",
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
  async execute({ path, offset = 1, limit = MAX_LINES }, { files }) {
    const { type, size } = await files.stat(path);
    if (type === "directory") return listing(path, await files.list(path));
    const kind = kindOf(await files.read(path, { length: HEAD_BYTES }));
    if (kind.type === "image") return image(files, { path, size, mimeType: kind.mimeType });
    if (kind.type === "binary") return refusal(`Cannot show "${path}": it is ${kind.name} (${size} bytes)`);
    const piece = (from: number, length: number) => files.read(path, { offset: from, length });
    return shown(path, await readLines(piece, { offset, limit }, BOUNDS));
  },
});

function listing(path: string, entries: readonly FileEntry[]): string {
  if (entries.length === 0) return `"${path}" is an empty folder`;
  const lines = entries.slice(0, MAX_ENTRIES).map((entry) => {
    if (entry.type === "directory") return `${entry.name}/`;
    return `${entry.name} (${entry.type === "file" ? `${entry.size} bytes` : "a link or device, not followed"})`;
  });
  const rest = entries.length - lines.length;
  return [...lines, ...(rest > 0 ? [`[${rest} more entries]`] : [])].join("\n");
}

async function image(
  files: PluginFiles,
  { path, size, mimeType }: { readonly path: string; readonly size: number; readonly mimeType: string },
): Promise<ToolResult> {
  if (size > MAX_IMAGE_BYTES) {
    return refusal(
      `Cannot show "${path}": the image has ${size} bytes, and at most ${MAX_IMAGE_BYTES} can be shown. Make a smaller copy of it`,
    );
  }
  const data = base64(await files.read(path));
  const text = `"${path}", ${mimeType}, ${size} bytes:`;
  return {
    content: [
      { type: "text", text },
      { type: "image", data, mimeType },
    ],
  };
}

function shown(path: string, range: LineRange): string | ToolResult {
  const { first, lines, hasMore, counted, stopped, cutLines } = range;
  if (lines.length === 0 && stopped === "scan") {
    return refusal(
      `Cannot read line ${first} of "${path}": only its first ${BOUNDS.scanBytes} bytes are looked through, which are ${counted} lines`,
    );
  }
  if (lines.length === 0 && counted === 0) return `"${path}" is empty`;
  if (lines.length === 0) return refusal(`"${path}" has ${counted} lines; there is no line ${first}`);
  const last = first + lines.length - 1;
  const notes = [
    ...(hasMore ? [`lines ${first} to ${last}; go on with offset ${last + 1}`] : []),
    ...(!hasMore && first > 1 ? [`lines ${first} to ${last} of ${counted}`] : []),
    ...(cutLines > 0
      ? [
          `${cutLines} long ${cutLines === 1 ? "line was" : "lines were"} cut at ${BOUNDS.lineChars} characters`,
        ]
      : []),
  ];
  const text = lines.map((line, index) => `${first + index}\t${line}`).join("\n");
  return notes.length === 0 ? text : `${text}\n[${notes.join("; ")}]`;
}

function refusal(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/** In steps: a call takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  const step = 32 * KiB;
  let binary = "";
  for (let at = 0; at < bytes.length; at += step) {
    binary += String.fromCharCode(...bytes.subarray(at, at + step));
  }
  return btoa(binary);
}
