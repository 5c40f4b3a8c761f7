/** A conversation in Ollama's words: `/api/chat` requests and what a chunk of its answer says. */
import { isJsonObject } from "#host/base/json.ts";
import { textOf, toolCallsOf, type ImagePart, type Message, type ToolCallPart } from "#host/base/message.ts";
import type { Message as OllamaMessage, Tool } from "ollama/browser";
import type { ModelEvent, ModelTool } from "./provider.ts";

export function toOllamaMessages(system: string, messages: readonly Message[]): OllamaMessage[] {
  const first: OllamaMessage[] = system === "" ? [] : [{ role: "system", content: system }];
  return [...first, ...messages.map(toOllamaMessage)];
}

function toOllamaMessage(message: Message): OllamaMessage {
  const content = textOf(message);
  if (message.role === "user") return { role: "user", content, ...images(message.content) };
  if (message.role === "toolResult") {
    return { role: "tool", content, tool_name: message.toolName, ...images(message.content) };
  }
  const calls = toolCallsOf(message);
  return {
    role: "assistant",
    content,
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(toOllamaCall) }),
  };
}

function toOllamaCall(call: ToolCallPart): NonNullable<OllamaMessage["tool_calls"]>[number] {
  return { function: { name: call.name, arguments: call.arguments } };
}

function images(content: Message["content"]): { images?: string[] } {
  if (typeof content === "string") return {};
  const found = content.filter((part): part is ImagePart => part.type === "image");
  return found.length === 0 ? {} : { images: found.map((part) => part.data) };
}

export function toOllamaTools(tools: readonly ModelTool[]): Tool[] {
  return tools.map((tool) => ({
    type: "function",
    function: { name: tool.name, description: tool.description, parameters: { ...tool.parameters } },
  }));
}

/** The tool call of one entry of `message.tool_calls`. Older servers give it no id; some models write no object. */
export function fromOllamaCall(entry: unknown): Extract<ModelEvent, { type: "toolCall" }> {
  const outer = isJsonObject(entry) ? entry : {};
  const called = isJsonObject(outer.function) ? outer.function : {};
  const id = typeof outer.id === "string" && outer.id !== "" ? outer.id : `call_${crypto.randomUUID()}`;
  const name = typeof called.name === "string" ? called.name : "";
  const given = called.arguments ?? {};
  if (isJsonObject(given))
    return { type: "toolCall", call: { type: "toolCall", id, name, arguments: given } };
  return {
    type: "toolCall",
    call: { type: "toolCall", id, name, arguments: {} },
    malformed: typeof given === "string" ? given : JSON.stringify(given),
  };
}
