/** `edit`: one text in a file replaced by another, exactly. */
import { defineTool, type ToolResult } from "openclaw/sdk";
import { replaceText } from "./replace-text.ts";
import { readBefore, storeFile } from "./store-file.ts";

export const edit = defineTool({
  name: "edit",
  description:
    "Replace a text in a file by another. oldText must match exactly, with its spaces and line breaks, and stand there once; replaceAll replaces every place.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "Path relative to the workspace" },
      oldText: { type: "string", description: "The text as it stands in the file" },
      newText: { type: "string", description: "What comes in its place" },
      replaceAll: { type: "boolean" },
    },
    required: ["path", "oldText", "newText"],
    additionalProperties: false,
  },
  async execute({ path, oldText, newText, replaceAll = false }, ctx) {
    const before = await readBefore(ctx.files, path);
    if (before.state === "none")
      return refusal(`Cannot edit "${path}": it does not exist. Use write to make it`);
    if (before.state === "large")
      return refusal(`Cannot edit "${path}": it has ${before.size} bytes, too many to edit`);
    const text = decode(before.bytes);
    if (text === null) return refusal(`Cannot edit "${path}": it is no text in UTF-8`);
    const replaced = replaceText(text, { oldText, newText, replaceAll });
    if (!replaced.ok) return refusal(`Cannot edit "${path}": ${replaced.reason}`);
    const written = new TextEncoder().encode(replaced.text);
    return storeFile(ctx, { path, before, written, mode: "replace", places: replaced.places });
  },
});

function refusal(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/** A byte order mark stays in the text, so that it is written back. Null for what is no text. */
function decode(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
