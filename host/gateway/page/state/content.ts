/** The readable text of what messages and tools carry. */
import type { HistoryMessage, ToolOutput } from "../wire.ts";

type Content = HistoryMessage["content"];
type ContentPart = Exclude<Content, string>[number];

export function textOfContent(content: Content): string {
  if (typeof content === "string") return content;
  return content.map(textOfPart).join("");
}

export function textOfOutput(output: ToolOutput | undefined): string {
  return output === undefined ? "" : textOfContent(output.content);
}

function textOfPart(part: ContentPart): string {
  if (part.type === "text") return part.text;
  return part.type === "image" ? `[image, ${part.mimeType}]` : "";
}
