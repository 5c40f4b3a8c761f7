/**
 * A conversation's messages, in the shape that OpenClaw stores and shows (`chat.history`, protocol.md).
 *
 * The agent builds them, the store keeps them, model adapters translate them, the gateway shows them.
 */
import type { JsonObject } from "./json.ts";

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

export interface ThinkingPart {
  readonly type: "thinking";
  readonly thinking: string;
}

/** `data` is base64. */
export interface ImagePart {
  readonly type: "image";
  readonly data: string;
  readonly mimeType: string;
}

export interface ToolCallPart {
  readonly type: "toolCall";
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly totalTokens: number;
}

export type StopReason = "stop" | "length" | "toolUse" | "error" | "aborted";

/** `timestamp` of every message: milliseconds since 1970. */
export interface UserMessage {
  readonly role: "user";
  readonly content: string | readonly (TextPart | ImagePart)[];
  readonly timestamp: number;
  readonly idempotencyKey?: string;
}

export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: readonly (TextPart | ThinkingPart | ToolCallPart)[];
  readonly stopReason: StopReason;
  readonly api: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  readonly timestamp: number;
  readonly errorMessage?: string;
}

export interface ToolResultMessage {
  readonly role: "toolResult";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly content: readonly (TextPart | ImagePart)[];
  readonly isError: boolean;
  /** Others may have written it. Its text begins with a label that says so. */
  readonly isFromOutside?: true;
  /** Of a refusal: its code and fix, for the page. The model does not see it. */
  readonly details?: JsonObject;
  readonly timestamp: number;
}

/**
 * What was said before in the model's own words, which stands before the model in place of the messages that it covers.
 * Those stay in the history.
 */
export interface SummaryMessage {
  readonly role: "compactionSummary";
  readonly content: string;
  /** Position of the newest message that it covers. */
  readonly upTo: number;
  /** Messages that this one took in; an earlier summary stands for those before. */
  readonly covers: number;
  readonly provider: string;
  readonly model: string;
  readonly timestamp: number;
}

/** What a session's history holds. Models are given messages alone. */
export type StoredMessage = Message | SummaryMessage;

export type Message = UserMessage | AssistantMessage | ToolResultMessage;

export const NO_USAGE: Usage = { input: 0, output: 0, totalTokens: 0 };

/** The visible text of a message, its parts joined. */
export function textOf(message: Pick<StoredMessage, "content">): string {
  if (typeof message.content === "string") return message.content;
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export function toolCallsOf(message: AssistantMessage): ToolCallPart[] {
  return message.content.filter((part) => part.type === "toolCall");
}
