/**
 * OpenAI's APIs over the agent (`/v1/models`, `/v1/chat/completions`, `/v1/responses`), with the gateway's token as Bearer.
 *
 * A request with a session key is a turn of that session: only its last user message is said. Without one, it
 * is a session of its own, and what came before in the request is told along. Answers come from the agent
 * with its tools; sampling options are taken and have no effect.
 */
import { randomUUID } from "node:crypto";
import { Hono, type Context, type MiddlewareHandler } from "hono";
import { streamSSE } from "hono/streaming";
import * as v from "valibot";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import { GATEWAY } from "#host/base/limits.ts";
import { runToEnd, type RunEnd } from "#host/gateway/run-to-end.ts";
import type { ChatPort } from "#host/gateway/ports.ts";
import type { ChatSend } from "#host/base/chat.ts";
import { abortable, errorBody, MODELS, refuse, withEarlier } from "./openai-answers.ts";
import { respond } from "./responses.ts";
import { describeIssues } from "#host/gateway/protocol/wording.ts";
import { parseSessionKey } from "#host/gateway/session-key.ts";
import type { SignIn } from "#host/gateway/sign-in.ts";

const part = v.looseObject({ type: v.literal("text"), text: v.string() });
const message = v.looseObject({
  role: v.picklist(["system", "developer", "user", "assistant"]),
  content: v.union([v.string(), v.array(part)]),
});
const completionBody = v.looseObject({
  model: v.optional(v.picklist([...MODELS, "openclaw/default"]), "openclaw"),
  messages: v.pipe(v.array(message), v.minLength(1)),
  stream: v.optional(v.boolean(), false),
});

type Completion = v.InferOutput<typeof completionBody>;

export function openAiRoutes(chat: ChatPort, signIn: SignIn, body: MiddlewareHandler): Hono {
  const app = new Hono();
  app.use(bearer(signIn));
  app.get("/models", (c) => c.json({ object: "list", data: MODELS.map(toModel) }));
  app.post("/chat/completions", body, async (c) => {
    const body = v.safeParse(completionBody, await c.req.json().catch(() => undefined));
    if (!body.success) return refuse(c, 400, `Cannot complete: ${describeIssues(body.issues)}`);
    try {
      const send = toSend(body.output, c.req.header("x-openclaw-session-key") ?? null);
      const { model, stream } = body.output;
      return await (stream ? streamed(c, chat, send, model) : whole(c, chat, send, model));
    } catch (thrown) {
      const error = asHostError(thrown);
      return refuse(c, error.code === "request.invalid" ? 400 : 503, explain(error));
    }
  });
  app.post("/responses", body, (c) => respond(c, chat));
  return app;
}

function bearer(signIn: SignIn): MiddlewareHandler {
  return async (c, next) => {
    const token = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const check = token === undefined ? "mismatch" : signIn.check(token);
    if (check === "limited") return refuse(c, 429, "Too many wrong tokens: wait a minute");
    if (check === "mismatch") {
      return refuse(c, 401, 'Unauthorized: send "Authorization: Bearer" with the gateway\'s token');
    }
    await next();
    return undefined;
  };
}

function toSend({ messages }: Completion, sessionKey: string | null): ChatSend {
  const runId = `chatcmpl-${randomUUID()}`;
  const last = messages.findLastIndex(({ role }) => role === "user");
  const said = messages[last];
  if (said === undefined) throw badRequest("messages hold none of role user");
  const text = textOf(said.content);
  const message =
    sessionKey === null
      ? withEarlier(
          messages.slice(0, last).map(({ role, content }) => ({ role, text: textOf(content) })),
          text,
        )
      : text;
  if (message.length > GATEWAY.maxMessageChars) {
    throw badRequest(`messages have more than ${GATEWAY.maxMessageChars} characters`);
  }
  return { runId, message, sessionKey: parseSessionKey(sessionKey ?? `openai-${runId}`) };
}

function badRequest(rule: string): HostError {
  return new HostError("request.invalid", `Cannot complete: ${rule}`);
}

function textOf(content: Completion["messages"][number]["content"]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

async function whole(c: Context, chat: ChatPort, send: ChatSend, model: string) {
  const end = await abortable(c, chat, send, runToEnd(chat, send));
  if (end.state === "error") return refuse(c, 502, end.errorMessage);
  const { input, output, totalTokens } = end.usage;
  return c.json({
    ...head(send.runId, "chat.completion", model),
    choices: [{ index: 0, message: { role: "assistant", content: end.text }, finish_reason: finishOf(end) }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: totalTokens },
  });
}

function streamed(c: Context, chat: ChatPort, send: ChatSend, model: string) {
  // It may be silent for minutes, so the listener puts no bound on its silence, nor on what would follow it.
  c.header("Connection", "close");
  return streamSSE(c, async (stream) => {
    const write = (body: object) => stream.writeSSE({ data: JSON.stringify(body) });
    const chunk = (delta: object, finish: string | null = null) =>
      write({
        ...head(send.runId, "chat.completion.chunk", model),
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    stream.onAbort(() => void chat.abort(send.sessionKey, send.runId));
    await chunk({ role: "assistant", content: "" });
    // The stream keeps the order of its writes; the run does not wait for a slow reader.
    const end = await endOf(runToEnd(chat, send, { delta: (text) => void chunk({ content: text }) }));
    if (end.state === "error") await write(errorBody(end.errorMessage));
    else await chunk({}, finishOf(end));
    await stream.writeSSE({ data: "[DONE]" });
  });
}

/** The stream has begun: what goes wrong now is told in it. */
async function endOf(running: Promise<RunEnd>): Promise<RunEnd> {
  try {
    return await running;
  } catch (thrown) {
    return { state: "error", errorMessage: explain(asHostError(thrown)) };
  }
}

function finishOf(end: Exclude<RunEnd, { state: "error" }>): string {
  return end.stopReason === "length" ? "length" : "stop";
}

function head(id: string, object: string, model: string) {
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

function toModel(id: string) {
  return { id, object: "model", created: 0, owned_by: "openclaw" };
}
