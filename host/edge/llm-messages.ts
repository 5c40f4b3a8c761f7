/** A plugin's messages for the model, made plain and checked: what the pipe would not take is told to the author. */
import type { LlmChatEffect, LlmMessage } from "#host/base/effect.ts";

type Part = Exclude<LlmMessage["content"], string>[number];

const ROLES = ["system", "user", "assistant"] as const;
const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
/** As many as a call may have, and as many parts of one message. */
const MAX_MESSAGES = 256;
const MAX_DEPTH = 60;

export function checkedMessages(given: unknown): LlmMessage[] {
  if (typeof given === "string") return [{ role: "user", content: given }];
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_MESSAGES) {
    throw wrong(`the messages are neither a text nor a list of 1 to ${MAX_MESSAGES}`);
  }
  return given.map((message: unknown, at) => checkedMessage(message, `message ${at + 1}`));
}

function checkedMessage(given: unknown, name: string): LlmMessage {
  const { role, content } = objectOf(given, name);
  const known = ROLES.find((one) => one === role);
  if (known === undefined)
    throw wrong(`${name} has the role ${show(role)}, which is none of ${ROLES.join(", ")}`);
  if (typeof content === "string") return { role: known, content };
  if (!Array.isArray(content) || content.length > MAX_MESSAGES) {
    throw wrong(`the content of ${name} is neither a text nor a list of at most ${MAX_MESSAGES} parts`);
  }
  return {
    role: known,
    content: content.map((part: unknown, at) => checkedPart(part, `part ${at + 1} of ${name}`)),
  };
}

function checkedPart(given: unknown, name: string): Part {
  const { type, text, data, mimeType } = objectOf(given, name);
  if (type === "text" && typeof text === "string") return { type, text };
  if (type !== "image")
    throw wrong(`${name} is neither {type: "text", text} nor {type: "image", data, mimeType}`);
  if (typeof mimeType !== "string" || !IMAGES.includes(mimeType)) {
    throw wrong(`${name} is ${show(mimeType)}, which is none of ${IMAGES.join(", ")}`);
  }
  if (typeof data !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    throw wrong(`the data of ${name} is not base64`);
  }
  return { type, data, mimeType };
}

/** The schema as plain JSON. */
export function checkedSchema(given: unknown): NonNullable<LlmChatEffect["schema"]> {
  const schema: unknown = JSON.parse(JSON.stringify(given) ?? "null");
  if (
    typeof schema === "object" &&
    schema !== null &&
    !Array.isArray(schema) &&
    depthOf(schema) <= MAX_DEPTH
  ) {
    return schema as NonNullable<LlmChatEffect["schema"]>;
  }
  throw wrong(`the schema is not a JSON object nested at most ${MAX_DEPTH} deep`);
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function objectOf(given: unknown, name: string): Record<string, unknown> {
  if (typeof given === "object" && given !== null) return given as Record<string, unknown>;
  throw wrong(`${name} is ${show(given)}, not an object`);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : typeof value;
}

function wrong(rule: string): TypeError {
  return new TypeError(`Cannot call the model: ${rule}`);
}
