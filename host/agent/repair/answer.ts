/**
 * The calls of an answer as they can be run, for models that do not write them well.
 *
 * Guarantees that a call is changed only where it has one reading, and that each change is named; every other broken
 * call gets an error that shows what the tool takes. An answer that is nothing but one call in text is that call.
 */
import type { AssistantMessage, ToolCallPart } from "#host/base/message.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import type { ModelTool } from "#host/llm/provider.ts";
import { fitArguments } from "./arguments.ts";
import { looseObject, withoutFence } from "./text.ts";

export interface RepairedAnswer {
  readonly message: AssistantMessage;
  readonly calls: readonly ToolCallPart[];
  /** By the call's id: what was changed. */
  readonly repairs: ReadonlyMap<string, readonly string[]>;
  /** By the call's id: why it cannot be run, for the model. */
  readonly refusals: ReadonlyMap<string, string>;
}

export interface WrittenAnswer {
  readonly message: AssistantMessage;
  readonly calls: readonly ToolCallPart[];
  /** By the call's id: what the model wrote in place of arguments. */
  readonly malformed: ReadonlyMap<string, string>;
}

const NAMES_SHOWN = 20;
const MAX_SHOWN_CHARS = 200;
const MAX_SCHEMA_CHARS = 1_500;

export function repairAnswer(
  written: WrittenAnswer,
  offered: readonly ModelTool[],
  newId: () => string = () => `call_${crypto.randomUUID()}`,
): RepairedAnswer {
  const spoken = written.calls.length === 0 ? callInText(written.message, offered, newId) : null;
  if (spoken !== null) {
    const message = { ...written.message, content: [spoken], stopReason: "toolUse" } as const;
    const repairs = new Map([[spoken.id, ["the call was written as text"]]]);
    return { message, calls: [spoken], repairs, refusals: new Map() };
  }
  const repairs = new Map<string, readonly string[]>();
  const refusals = new Map<string, string>();
  const repaired = new Map<string, ToolCallPart>();
  for (const call of written.calls) {
    const outcome = repairCall(call, written.malformed.get(call.id), offered);
    if (typeof outcome === "string") refusals.set(call.id, outcome);
    else {
      repaired.set(call.id, outcome.call);
      if (outcome.repairs.length > 0) repairs.set(call.id, outcome.repairs);
    }
  }
  const content = written.message.content.map((part) =>
    part.type === "toolCall" ? (repaired.get(part.id) ?? part) : part,
  );
  const calls = written.calls.map((call) => repaired.get(call.id) ?? call);
  return { message: { ...written.message, content }, calls, repairs, refusals };
}

interface RepairedCall {
  readonly call: ToolCallPart;
  readonly repairs: readonly string[];
}

function repairCall(
  call: ToolCallPart,
  malformed: string | undefined,
  offered: readonly ModelTool[],
): RepairedCall | string {
  const tool = toolOf(call.name, offered);
  if (tool === null) {
    const names = offered.slice(0, NAMES_SHOWN).map(({ name }) => name);
    return `Cannot run "${call.name}": there is no such tool. Tools: ${names.join(", ") || "none"}`;
  }
  const repairs = tool.name === call.name ? [] : [`"${call.name}" is "${tool.name}"`];
  const given = malformed === undefined ? call.arguments : looseObject(malformed);
  if (given === null) {
    const shown = cut(malformed ?? "", MAX_SHOWN_CHARS);
    return `Cannot run "${tool.name}": its arguments are not a JSON object: ${shown}. Call it again with valid arguments. ${schemaOf(tool)}`;
  }
  if (malformed !== undefined) repairs.push("the arguments were not valid JSON");
  const fitted = fitArguments(unwrapped(given, tool), tool.parameters);
  if (fitted.problems.length > 0) {
    return `Cannot run "${tool.name}": ${fitted.problems.join(", ")}. ${schemaOf(tool)}`;
  }
  const changed = { ...call, name: tool.name, arguments: fitted.value };
  const all = [...repairs, ...fitted.repairs];
  return { call: all.length === 0 && given === call.arguments ? call : changed, repairs: all };
}

function toolOf(name: string, offered: readonly ModelTool[]): ModelTool | null {
  const exact = offered.find((tool) => tool.name === name);
  if (exact !== undefined) return exact;
  const bare = name
    .trim()
    .replace(/^functions\./, "")
    .toLowerCase();
  const same = offered.filter((tool) => tool.name.toLowerCase() === bare);
  return same.length === 1 ? (same[0] ?? null) : null;
}

/** `{"arguments": {…}}` around the arguments of a tool that takes nothing of that name. */
function unwrapped(given: JsonObject, { parameters }: ModelTool): JsonObject {
  const [entry, ...others] = Object.entries(given);
  if (entry === undefined || others.length > 0) return given;
  const [key, inner] = entry;
  const declared = isJsonObject(parameters["properties"]) ? parameters["properties"] : {};
  const isWrapper = ["arguments", "parameters"].includes(key) && !Object.hasOwn(declared, key);
  return isWrapper && isJsonObject(inner) ? inner : given;
}

const CALL_KEYS = new Set(["name", "arguments", "parameters", "id", "type"]);

/** Only where the answer is nothing else, the tool is named exactly, and it gets all that it needs. */
function callInText(
  { content }: AssistantMessage,
  offered: readonly ModelTool[],
  newId: () => string,
): ToolCallPart | null {
  const text = content
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("")
    .trim();
  if (!/^[{`<]/.test(text) || !withoutFence(text).startsWith("{") || !withoutFence(text).endsWith("}"))
    return null;
  const spoken = looseObject(text);
  if (spoken === null || !Object.keys(spoken).every((key) => CALL_KEYS.has(key))) return null;
  const tool = offered.find(({ name }) => name === spoken["name"]);
  const given = spoken["arguments"] ?? spoken["parameters"];
  if (tool === undefined || !isJsonObject(given)) return null;
  const { value, problems } = fitArguments(given, tool.parameters);
  return problems.length > 0 ? null : { type: "toolCall", id: newId(), name: tool.name, arguments: value };
}

function schemaOf({ parameters }: ModelTool): string {
  return `It takes: ${cut(JSON.stringify(parameters), MAX_SCHEMA_CHARS)}`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
