/**
 * `fetch`: the broker's `http.request` in the shape of the Fetch standard.
 *
 * A request that the broker refuses rejects with a TypeError that names the host and the rule, with `code` and
 * `fix`. Redirects are the broker's to follow; `redirect: "manual"` gives the redirect's own response.
 */
import { Request } from "undici/lib/web/fetch/request.js";
import { Response } from "undici/lib/web/fetch/response.js";
import { performEffect, type EffectReply } from "./effect.ts";

/** Responses that have no body whatever was sent (Fetch standard, "null body status"). */
const NULL_BODY_STATUS: readonly unknown[] = [204, 205, 304];

/** The head of a reply to `http.request`. */
interface HttpHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [string, string][];
  readonly url: string;
}

export async function fetch(input: unknown, init?: unknown): Promise<Response> {
  const request = new Request(input, init);
  const reply = await performEffect({
    request: {
      kind: "http.request",
      method: request.method,
      url: request.url,
      headers: [...request.headers],
      redirect: request.redirect,
      hasBody: request.body !== null,
    },
    body: request.body,
    signal: request.signal,
    errorKind: TypeError,
  });
  return responseOf(reply, request.url);
}

function responseOf(reply: EffectReply, requested: string): Response {
  const { status, statusText, headers, url } = reply.head as unknown as HttpHead;
  const hasBody = reply.body !== null && !NULL_BODY_STATUS.includes(status);
  if (!hasBody) void reply.body?.cancel();
  const response = new Response(hasBody ? reply.body : null, { status, statusText, headers });
  Object.defineProperty(response, "url", { value: url, configurable: true });
  Object.defineProperty(response, "redirected", { value: url !== requested, configurable: true });
  return response;
}
