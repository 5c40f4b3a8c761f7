/** The parts of an answer while it streams: neighbouring pieces of a kind become one part. */
import type { AssistantMessage, ToolCallPart } from "#host/base/message.ts";
import type { AgentEvent } from "#host/base/run.ts";
import type { ModelEvent } from "#host/llm/provider.ts";

type Piece = Exclude<ModelEvent, { type: "done" | "error" }>;
type Update = Extract<AgentEvent, { type: "message_update" }>;

export interface AnswerParts {
  /** Null for a tool call, which shows once it runs. */
  add(piece: Piece): Update | null;
  content(): AssistantMessage["content"];
  calls(): readonly ToolCallPart[];
  /** Characters of all pieces so far. */
  size(): number;
  /** By the call's id: what the model wrote in place of arguments. */
  readonly malformed: ReadonlyMap<string, string>;
}

export function createAnswerParts(): AnswerParts {
  const parts: ({ type: "text" | "thinking"; text: string } | ToolCallPart)[] = [];
  const malformed = new Map<string, string>();
  const whole = { text: "", thinking: "" };
  let callChars = 0;
  return {
    malformed,
    add(piece) {
      if (piece.type === "toolCall") {
        parts.push(piece.call);
        callChars += piece.call.name.length + JSON.stringify(piece.call.arguments).length;
        if (piece.malformed !== undefined) malformed.set(piece.call.id, piece.malformed);
        return null;
      }
      const last = parts.at(-1);
      if (last !== undefined && last.type === piece.type) last.text += piece.delta;
      else parts.push({ type: piece.type, text: piece.delta });
      whole[piece.type] += piece.delta;
      return { type: "message_update", kind: piece.type, delta: piece.delta, text: whole[piece.type] };
    },
    content: () =>
      parts.map((part) => {
        if (part.type === "toolCall") return part;
        return part.type === "text"
          ? { type: "text", text: part.text }
          : { type: "thinking", thinking: part.text };
      }),
    size: () => whole.text.length + whole.thinking.length + callChars,
    calls: () => parts.filter((part) => part.type === "toolCall"),
  };
}
