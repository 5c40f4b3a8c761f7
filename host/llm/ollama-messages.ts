/** A conversation in Ollama's words: `/api/chat` requests and what a chunk of its answer says. */
import { isJsonObject } from "#host/base/json.ts";
import { textOf, toolCallsOf, type ImagePart, type Message, type ToolCallPart } from "#host/base/message.ts";
import type { Message as OllamaMessage, Tool } from "ollama/browser";
import type { ModelEvent, ModelTool } from "./provider.ts";

/** `sees`: whether the model takes images; one that does not is told that there was one. */
export function toOllamaMessages(
  system: string,
  messages: readonly Message[],
  sees: boolean,
): OllamaMessage[] {
  const first: OllamaMessage[] = system === "" ? [] : [{ role: "system", content: system }];
  return [...first, ...messages.map((message) => toOllamaMessage(message, sees))];
}

function toOllamaMessage(message: Message, sees: boolean): OllamaMessage {
  if (message.role === "user") return { role: "user", ...withImages(message, sees) };
  if (message.role === "toolResult") {
    return { role: "tool", tool_name: message.toolName, ...withImages(message, sees) };
  }
  const content = textOf(message);
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

function withImages(message: Message, sees: boolean): { content: string; images?: string[] } {
  const content = textOf(message);
  if (typeof message.content === "string") return { content };
  const found = message.content.filter((part): part is ImagePart => part.type === "image");
  if (found.length === 0) return { content };
  if (sees) return { content, images: found.map((part) => part.data) };
  return {
    content:
      `${content}\n[${found.length === 1 ? "An image" : `${found.length} images`} that this model cannot see]`.trim(),
  };
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
