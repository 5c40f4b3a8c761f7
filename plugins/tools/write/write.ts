/** `write`: a file made, replaced as a whole (a reader sees the old one or the new one), or added to. */
import { defineTool } from "openclaw/sdk";
import { readBefore, storeFile } from "./store-file.ts";

export const write = defineTool({
  name: "write",
  description:
    "Write a text file of the workspace. Replaces what is there unless mode says otherwise; missing folders are made. For small changes use edit.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "Path relative to the workspace" },
      content: { type: "string", description: "The text, whole" },
      mode: {
        type: "string",
        enum: ["replace", "create", "append"],
        description: "create fails if the file exists; append adds at its end",
      },
    },
    required: ["path", "content"],
    additionalProperties: false,
  },
  async execute({ path, content, mode = "replace" }, ctx) {
    const before = await readBefore(ctx.files, path);
    const written = new TextEncoder().encode(content);
    return storeFile(ctx, { path, before, written, mode });
  },
});
