/**
 * A conversation as input items of OpenAI's Responses API. Pure.
 *
 * Items carry no ids of the service: with them it would want what it thought in between, which is not kept.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
import {
  textOf,
  toolCallsOf,
  type AssistantMessage,
  type ImagePart,
  type Message,
  type TextPart,
} from "#host/base/message.ts";
import type { ModelTool } from "./provider.ts";

export function toResponsesInput(messages: readonly Message[]): object[] {
  return messages.flatMap(toItems);
}

function toItems(message: Message): object[] {
  if (message.role === "assistant") return answerItems(message);
  const parts = partsOf(message.content);
  if (message.role === "user") return [{ role: "user", content: parts.map(toPart) }];
  const hasImages = parts.some((part) => part.type === "image");
  const output = hasImages ? parts.map(toPart) : textOf(message);
  return [{ type: "function_call_output", call_id: message.toolCallId, output }];
}

function answerItems(message: AssistantMessage): object[] {
  const said = textOf(message);
  const text = said === "" ? [] : [{ role: "assistant", content: [{ type: "output_text", text: said }] }];
  const calls = toolCallsOf(message).map(({ id, name, arguments: given }) => ({
    type: "function_call",
    call_id: id,
    name,
    arguments: JSON.stringify(given),
  }));
  return [...text, ...calls];
}

function partsOf(content: string | readonly (TextPart | ImagePart)[]): readonly (TextPart | ImagePart)[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function toPart(part: TextPart | ImagePart): object {
  return part.type === "text"
    ? { type: "input_text", text: part.text }
    : { type: "input_image", image_url: `data:${part.mimeType};base64,${part.data}` };
}

export function toResponsesTools(tools: readonly ModelTool[]): object[] {
  return tools.map(({ name, description, parameters }) => ({
    type: "function",
    name,
    description,
    parameters,
    // Its own rule would demand that every parameter is required.
    strict: false,
  }));
}
