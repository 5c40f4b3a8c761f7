/** `undo`: takes the last change of a file back, if the file still is what that change made of it. */
import { defineTool, type ToolResult } from "openclaw/sdk";
import { hashOf, lastChange } from "./changes.ts";
import { describeChange } from "./describe-change.ts";
import { readBefore } from "./store-file.ts";

/** Of a path that nobody has looked at yet. */
const MAX_SHOWN_CHARS = 200;

export const undo = defineTool({
  name: "undo",
  description:
    "Take back the last change that write or edit made to a file. Again takes back the one before. Refuses if the file was changed otherwise since.",
  parameters: {
    type: "object",
    properties: { path: { type: "string", description: "Path relative to the workspace" } },
    required: ["path"],
    additionalProperties: false,
  },
  async execute({ path }, { files, storage }) {
    const last = await lastChange(storage, path);
    if (last === null)
      return refusal(
        `Cannot undo: no change of "${path.slice(0, MAX_SHOWN_CHARS)}" by write or edit is kept`,
      );
    const now = await readBefore(files, path);
    if (now.state !== "read" || (await hashOf(now.bytes)) !== last.change.after) {
      return refusal(
        `Cannot undo: "${path}" is not what the last change made of it any more, and what came since would be lost`,
      );
    }
    const { before } = last.change;
    if (before === null) await files.remove(path);
    else await files.write(path, before);
    await storage.delete(last.key);
    const { summary, details } = describeChange(now, before ?? new Uint8Array(), path);
    const text =
      before === null ? `Deleted "${path}", which the change had made` : `Took back "${path}": ${summary}`;
    return { content: [{ type: "text", text }], details };
  },
});

function refusal(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}
