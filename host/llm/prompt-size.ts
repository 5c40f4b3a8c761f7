/** How many tokens a request is likely to be, and at least is. Pure; an estimate, since only the server has the tokenizer. */
import { MODEL } from "#host/base/limits.ts";
import type { Message } from "#host/base/message.ts";
import type { ModelRequest } from "./provider.ts";

/** Long plain English words come to five; no ordinary text is longer than this for a token on the whole. */
const MOST_BYTES_PER_TOKEN = 6;

export interface PromptSize {
  /** More than most prompts of this length are. */
  readonly likely: number;
  /** Surely not fewer. */
  readonly least: number;
}

export function promptSize({
  system,
  messages,
  tools,
}: Pick<ModelRequest, "system" | "messages" | "tools">): PromptSize {
  let bytes = Buffer.byteLength(system) + Buffer.byteLength(JSON.stringify(tools));
  let images = 0;
  for (const message of messages) {
    bytes += textBytes(message);
    images += imagesOf(message);
  }
  return {
    likely: Math.ceil(bytes / MODEL.bytesPerToken) + images * MODEL.imageTokens,
    least: Math.floor(bytes / MOST_BYTES_PER_TOKEN),
  };
}

function textBytes({ content }: Message): number {
  if (typeof content === "string") return Buffer.byteLength(content);
  return content.reduce((sum, part) => {
    if (part.type === "text") return sum + Buffer.byteLength(part.text);
    return part.type === "toolCall"
      ? sum + Buffer.byteLength(JSON.stringify(part.arguments)) + part.name.length
      : sum;
  }, 0);
}

function imagesOf({ content }: Message): number {
  return typeof content === "string" ? 0 : content.filter((part) => part.type === "image").length;
}
