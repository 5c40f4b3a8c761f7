/** A conversation in the words of OpenAI's chat completions. https://platform.openai.com/docs/api-reference/chat */
import {
  textOf,
  toolCallsOf,
  type Message,
  type ToolCallPart,
  type UserMessage,
} from "#host/base/message.ts";
import type { ModelTool } from "./provider.ts";

export function toOpenAiMessages(system: string, messages: readonly Message[]): object[] {
  const first = system === "" ? [] : [{ role: "system", content: system }];
  return [...first, ...messages.map(toOpenAiMessage)];
}

function toOpenAiMessage(message: Message): object {
  if (message.role === "user") return { role: "user", content: userContent(message) };
  if (message.role === "toolResult") {
    return { role: "tool", tool_call_id: message.toolCallId, content: textOf(message) };
  }
  const calls = toolCallsOf(message);
  return {
    role: "assistant",
    content: textOf(message),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(toOpenAiCall) }),
  };
}

function userContent(message: UserMessage): string | object[] {
  if (typeof message.content === "string") return message.content;
  if (message.content.every((part) => part.type === "text")) return textOf(message);
  return message.content.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text }
      : { type: "image_url", image_url: { url: `data:${part.mimeType};base64,${part.data}` } },
  );
}

function toOpenAiCall(call: ToolCallPart): object {
  const { name } = call;
  return { id: call.id, type: "function", function: { name, arguments: JSON.stringify(call.arguments) } };
}

export function toOpenAiTools(tools: readonly ModelTool[]): object[] {
  return tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, description, parameters },
  }));
}
