/**
 * OpenAI's Responses API over the agent (`/v1/responses`): one turn, answered whole.
 *
 * A response is continued by its id (`previous_response_id`), in the session that it was made in; with a session key or a
 * `user` it is a turn of that session. Refuses to stream, and input that is not text: `/v1/chat/completions` streams.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Context } from "hono";
import * as v from "valibot";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { ChatSend } from "#host/base/chat.ts";
import { GATEWAY } from "#host/base/limits.ts";
import type { ChatPort } from "#host/gateway/ports.ts";
import { describeIssues } from "#host/gateway/protocol/wording.ts";
import { runToEnd, type RunEnd } from "#host/gateway/run-to-end.ts";
import { parseSessionKey } from "#host/gateway/session-key.ts";
import { abortable, MODELS, refuse, withEarlier } from "./openai-answers.ts";

const part = v.looseObject({ type: v.picklist(["input_text", "output_text", "text"]), text: v.string() });
const item = v.looseObject({
  type: v.optional(v.literal("message")),
  role: v.picklist(["system", "developer", "user", "assistant"]),
  content: v.union([v.string(), v.array(part)]),
});
const bodySchema = v.looseObject({
  model: v.optional(v.picklist([...MODELS, "openclaw/default"]), "openclaw"),
  input: v.union([v.pipe(v.string(), v.minLength(1)), v.pipe(v.array(item), v.minLength(1))]),
  instructions: v.nullish(v.string()),
  previous_response_id: v.nullish(v.pipe(v.string(), v.regex(/^resp_[0-9a-f]{32}_[0-9a-f]{8}$/))),
  user: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(512))),
  stream: v.nullish(v.literal(false)),
});

type Body = v.InferOutput<typeof bodySchema>;

export async function respond(c: Context, chat: ChatPort): Promise<Response> {
  const parsed = v.safeParse(bodySchema, await c.req.json().catch(() => undefined));
  if (!parsed.success) return refuse(c, 400, `Cannot respond: ${describeIssues(parsed.issues)}`);
  try {
    const send = toSend(parsed.output, c.req.header("x-openclaw-session-key") ?? null);
    const end = await abortable(c, chat, send, runToEnd(chat, send));
    return end.state === "error"
      ? refuse(c, 502, end.errorMessage)
      : c.json(toResponse(send.runId, end, parsed.output));
  } catch (thrown) {
    const error = asHostError(thrown);
    return refuse(c, error.code === "request.invalid" ? 400 : 503, explain(error));
  }
}

function toSend(body: Body, header: string | null): ChatSend {
  const { previous_response_id: previous, user, input, instructions } = body;
  const session = previous?.split("_")[1] ?? randomUUID().replaceAll("-", "");
  const runId = `resp_${session}_${randomUUID().slice(0, 8)}`;
  const ofUser =
    user === undefined ? null : `openai-user-${createHash("sha256").update(user).digest("hex").slice(0, 32)}`;
  const isKept = header !== null || ofUser !== null || typeof previous === "string";
  const message = messageOf(input, instructions ?? "", isKept);
  if (message.length > GATEWAY.maxMessageChars) {
    throw new HostError(
      "request.invalid",
      `Cannot respond: input has more than ${GATEWAY.maxMessageChars} characters`,
    );
  }
  return { runId, message, sessionKey: parseSessionKey(header ?? ofUser ?? `openresponses-${session}`) };
}

/** In a session that is kept only the last word is said. */
function messageOf(input: Body["input"], instructions: string, isKept: boolean): string {
  const items = typeof input === "string" ? [{ role: "user" as const, content: input }] : input;
  const last = items.findLastIndex(({ role }) => role === "user");
  const said = items[last];
  if (said === undefined)
    throw new HostError("request.invalid", "Cannot respond: input holds none of role user");
  const before = isKept
    ? []
    : items.slice(0, last).map(({ role, content }) => ({ role, text: textOf(content) }));
  const rules = instructions === "" ? [] : [{ role: "system", text: instructions }];
  return withEarlier([...rules, ...before], textOf(said.content));
}

function textOf(content: v.InferOutput<typeof item>["content"]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

function toResponse(id: string, end: Exclude<RunEnd, { state: "error" }>, body: Body) {
  const { input, output, totalTokens } = end.usage;
  const isCut = end.stopReason === "length" || end.state === "aborted";
  const content = [{ type: "output_text", text: end.text, annotations: [] }];
  return {
    id,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: isCut ? "incomplete" : "completed",
    incomplete_details: isCut ? { reason: end.state === "aborted" ? "aborted" : "max_output_tokens" } : null,
    error: null,
    model: body.model,
    previous_response_id: body.previous_response_id ?? null,
    output: [{ type: "message", id: `msg_${id.slice(5)}`, role: "assistant", status: "completed", content }],
    usage: { input_tokens: input, output_tokens: output, total_tokens: totalTokens },
  };
}
