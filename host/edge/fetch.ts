/**
 * `fetch`: the broker's `http.request` in the shape of the Fetch standard; `data:` and `blob:` addresses are answered
 * here.
 *
 * A request that the broker refuses rejects with a TypeError that names the host and the rule, with `code` and
 * `fix`. Redirects are the broker's to follow; `redirect: "manual"` gives the redirect's own response.
 */
import { dataURLProcessor, serializeAMimeType } from "undici/lib/web/fetch/data-url.js";
import { HeadersList } from "undici/lib/web/fetch/headers.js";
import { getRequestState, Request } from "undici/lib/web/fetch/request.js";
import { fromInnerResponse, makeResponse, Response } from "undici/lib/web/fetch/response.js";
import { blobBehind } from "./blob-urls.ts";
import { checkIntegrity } from "./integrity.ts";
import { performEffect, type EffectReply } from "./effect.ts";
import { wants } from "./web-idl.ts";

/** Responses that have no body whatever was sent (Fetch standard, "null body status"). */
const NULL_BODY_STATUS: readonly unknown[] = [204, 205, 304];

/** The head of a reply to `http.request`. */
interface HttpHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [string, string][];
  readonly url: string;
}

export async function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
  wants(arguments.length, 1, "fetch");
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  const { protocol } = new URL(request.url);
  const response =
    protocol === "data:"
      ? fromData(request)
      : protocol === "blob:"
        ? fromBlob(request)
        : fromNetwork(request);
  return checkIntegrity(request.integrity, await response);
}

/** A Request follows its signal only for as long as it is not collected itself. */
const underWay = new Set<Request>();

async function fromNetwork(request: Request): Promise<Response> {
  underWay.add(request);
  const reply = await performEffect({
    request: {
      kind: "http.request",
      method: request.method,
      url: request.url,
      headers: headersOf(request),
      redirect: request.redirect,
      hasBody: request.body !== null,
    },
    body: request.body,
    signal: request.signal,
    errorKind: TypeError,
    onEnd: () => underWay.delete(request),
  });
  return responseOf(reply, request.url);
}

/** With the body's length where it is known: many servers take no body that does not say how long it is. */
function headersOf(request: Request): [string, string][] {
  const headers = [...request.headers];
  const length = getRequestState(request).body?.length ?? null;
  if (length === null) return headers;
  return [...headers.filter(([name]) => name !== "content-length"), ["content-length", String(length)]];
}

function responseOf(reply: EffectReply, requested: string): Response {
  const { status, statusText, headers, url } = reply.head as unknown as HttpHead;
  const hasBody = reply.body !== null && !NULL_BODY_STATUS.includes(status);
  if (!hasBody) void reply.body?.cancel();
  const list = new HeadersList();
  for (const [name, value] of headers) list.append(name, value);
  const inner = makeResponse({
    type: "basic",
    status,
    statusText,
    headersList: list,
    // More than one address is what `redirected` is read from.
    urlList: url === requested ? [new URL(url)] : [new URL(requested), new URL(url)],
    body: hasBody ? { stream: reply.body, source: null, length: null } : null,
  });
  return fromInnerResponse(inner, "immutable");
}

function fromData(request: Request): Response {
  const parsed = dataURLProcessor(new URL(request.url));
  if (parsed === "failure") throw new TypeError("Cannot fetch the data: URL: it is not well formed");
  return local(request, new Response(parsed.body), serializeAMimeType(parsed.mimeType), "OK");
}

function fromBlob(request: Request): Response {
  const blob = blobBehind(request.url);
  if (request.method !== "GET" || blob === undefined) {
    throw new TypeError(`Cannot ${request.method} "${request.url}": no Blob of this isolate is behind it`);
  }
  return local(request, new Response(blob), blob.type, "OK");
}

/** An answer that no server gave. */
function local(request: Request, { body }: Response, type: string, statusText: string): Response {
  const list = new HeadersList();
  list.append("content-type", type);
  const inner = makeResponse({
    type: "basic",
    status: 200,
    statusText,
    headersList: list,
    urlList: [new URL(request.url)],
    body: request.method === "HEAD" || body === null ? null : { stream: body, source: null, length: null },
  });
  return fromInnerResponse(inner, "immutable");
}
