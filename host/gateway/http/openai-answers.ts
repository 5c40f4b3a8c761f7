/** What OpenAI's two APIs have in common here: names, errors, and a run that ends with its client. */
import type { Context } from "hono";
import type { ChatSend } from "#host/base/chat.ts";
import type { ChatPort } from "#host/gateway/ports.ts";
import type { RunEnd } from "#host/gateway/run-to-end.ts";
import { MAIN_AGENT } from "#host/gateway/session-key.ts";

export const MODELS = ["openclaw", `openclaw/${MAIN_AGENT}`] as const;

/** A client that hangs up ends its run. */
export async function abortable(
  c: Context,
  chat: ChatPort,
  send: ChatSend,
  running: Promise<RunEnd>,
): Promise<RunEnd> {
  const abort = () => void chat.abort(send.sessionKey, send.runId);
  c.req.raw.signal.addEventListener("abort", abort, { once: true });
  try {
    return await running;
  } finally {
    c.req.raw.signal.removeEventListener("abort", abort);
  }
}

/** A request without a session tells what came before along. */
export function withEarlier(
  earlier: readonly { readonly role: string; readonly text: string }[],
  text: string,
): string {
  if (earlier.length === 0) return text;
  const lines = earlier.map((one) => `${one.role}: ${one.text}`);
  return `What was said before:\n${lines.join("\n")}\n\nNow:\n${text}`;
}

export function errorBody(message: string) {
  return { error: { type: "openclaw_error", message } };
}

export function refuse(c: Context, status: 400 | 401 | 429 | 502 | 503, message: string) {
  return c.json(errorBody(message), status);
}
