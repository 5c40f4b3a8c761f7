/**
 * Tool calls that arrive in pieces: a name first, then their arguments as scraps of JSON text.
 *
 * A call whose scraps do not make a JSON object is handed on as malformed, never run and never dropped.
 */
import { isJsonObject } from "#host/base/json.ts";
import type { ModelEvent } from "./provider.ts";

type ToolCallEvent = Extract<ModelEvent, { type: "toolCall" }>;

export interface ToolCallPieces {
  /** `index` tells the calls of one answer apart. Missing pieces are the empty text. */
  add(index: number, piece: { readonly id?: string; readonly name?: string; readonly json?: string }): void;
  /** All calls, in the order in which they began. */
  finish(): ToolCallEvent[];
}

export function createToolCallPieces(): ToolCallPieces {
  const calls = new Map<number, { id: string; name: string; json: string }>();
  return {
    add(index, { id = "", name = "", json = "" }) {
      const call = calls.get(index) ?? { id: "", name: "", json: "" };
      calls.set(index, { id: call.id || id, name: call.name || name, json: call.json + json });
    },
    finish: () => [...calls.values()].map(toEvent),
  };
}

function toEvent({ id, name, json }: { id: string; name: string; json: string }): ToolCallEvent {
  const given = parseArguments(json);
  const call = { type: "toolCall", id: id || `call_${crypto.randomUUID()}`, name } as const;
  if (isJsonObject(given)) return { type: "toolCall", call: { ...call, arguments: given } };
  return { type: "toolCall", call: { ...call, arguments: {} }, malformed: json };
}

/** No text at all is how servers write a call without arguments. */
function parseArguments(json: string): unknown {
  try {
    return json.trim() === "" ? {} : JSON.parse(json);
  } catch {
    return undefined;
  }
}
