/** What the providers' tests share: requests, and the events of an answer read to its end. */
import type { Message } from "#host/base/message.ts";
import type { ModelEvent, ModelProvider, ModelRequest, ModelTool } from "./provider.ts";

export const ROLL: ModelTool = {
  name: "roll",
  description: "Roll a die",
  parameters: { type: "object", properties: { sides: { type: "number" } } },
};

export function user(content: string): Message {
  return { role: "user", content, timestamp: 0 };
}

export function request(text: string, rest: Partial<ModelRequest> = {}): ModelRequest {
  const { signal } = new AbortController();
  return { model: "fake", system: "Be brief.", messages: [user(text)], tools: [], signal, ...rest };
}

export interface Answer {
  readonly events: ModelEvent[];
  readonly text: string;
  readonly thinking: string;
  readonly calls: Extract<ModelEvent, { type: "toolCall" }>[];
  readonly last: ModelEvent | undefined;
}

export async function read(provider: ModelProvider, asked: ModelRequest): Promise<Answer> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(asked)) events.push(event);
  const said = (kind: "text" | "thinking") =>
    events.map((event) => (event.type === kind ? event.delta : "")).join("");
  return {
    events,
    text: said("text"),
    thinking: said("thinking"),
    calls: events.filter((event) => event.type === "toolCall"),
    last: events.at(-1),
  };
}

/** The error that ended an answer, as its code, message and fix. */
export function failureOf(answer: Answer): { code: string; message: string; fix: string | undefined } | null {
  if (answer.last?.type !== "error") return null;
  const { code, message, fix } = answer.last.error;
  return { code, message, fix };
}
