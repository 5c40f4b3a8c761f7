/** What a tool gave back, brought into the one shape that leaves the isolate. */
import type { ToolContent, ToolResult } from "#host/sdk/tool.ts";

/** Throws a TypeError that names the tool if the output is neither a text nor a ToolResult. */
export function toToolResult(tool: string, output: unknown): ToolResult {
  if (typeof output === "string") return textResult(output);
  const { content, details, isError } = (output ?? {}) as Partial<ToolResult>;
  if (!Array.isArray(content) || !content.every(isContent)) {
    throw new TypeError(
      `Cannot use what "${tool}" returned (${typeName(output)}): return a text, or { content } with text and image parts`,
    );
  }
  return {
    content,
    ...(details === undefined ? {} : { details }),
    ...(isError === true ? { isError } : {}),
  };
}

export function textResult(text: string, isError = false): ToolResult {
  return { content: [{ type: "text", text }], ...(isError ? { isError } : {}) };
}

function isContent(part: unknown): part is ToolContent {
  const { type, text, data, mimeType } = (part ?? {}) as Record<string, unknown>;
  if (type === "text") return typeof text === "string";
  return type === "image" && typeof data === "string" && typeof mimeType === "string";
}

function typeName(output: unknown): string {
  return output === null ? "null" : Array.isArray(output) ? "an array" : typeof output;
}
