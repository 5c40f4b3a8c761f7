/**
 * A conversation in the words of Anthropic's Messages API. https://docs.anthropic.com/en/api/messages
 *
 * Its rules differ: results of tools are parts of the user's next message, all of one answer together,
 * and empty texts are refused.
 */
import type { ImagePart, Message, TextPart, ThinkingPart, ToolCallPart } from "#host/base/message.ts";
import type { ModelTool } from "./provider.ts";

interface AnthropicMessage {
  readonly role: "user" | "assistant";
  readonly content: object[];
}

export function toAnthropicMessages(messages: readonly Message[]): AnthropicMessage[] {
  const result: AnthropicMessage[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = toContent(message);
    const last = result.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else result.push({ role, content });
  }
  return result;
}

function toContent(message: Message): object[] {
  if (typeof message.content === "string") return toParts([{ type: "text", text: message.content }]);
  const parts = toParts(message.content);
  if (message.role !== "toolResult") return parts;
  return [
    { type: "tool_result", tool_use_id: message.toolCallId, is_error: message.isError, content: parts },
  ];
}

function toParts(parts: readonly (TextPart | ImagePart | ThinkingPart | ToolCallPart)[]): object[] {
  return parts.flatMap((part): object[] => {
    if (part.type === "text") return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
    if (part.type === "toolCall") {
      return [{ type: "tool_use", id: part.id, name: part.name, input: part.arguments }];
    }
    if (part.type === "thinking") return [];
    return [{ type: "image", source: { type: "base64", media_type: part.mimeType, data: part.data } }];
  });
}

export function toAnthropicTools(tools: readonly ModelTool[]): object[] {
  return tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }));
}
