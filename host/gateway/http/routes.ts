/**
 * Plugins' routes on the gateway's own listener, below `/plugin/<id>`.
 *
 * Routes share the origin of the owner's page, so nothing of the one reaches the other: a plugin never gets a cookie or
 * the gateway's token, and of its answer only headers pass that act on the answer alone. A page that it answers with is
 * shown in an origin of its own (`sandbox` without `allow-same-origin`).
 */
import { ACCOUNT_ID } from "#host/base/account.ts";
import type { HeaderLines, InboundAnswer, InboundRefusal, InboundRequest } from "#host/base/inbound.ts";
import { decideOrigin } from "#host/gateway/origin.ts";
import type { GatewaySettings, RoutesPort } from "#host/gateway/ports.ts";

export const ROUTES_ROOT = "/plugin/";

export interface RouteHandling {
  readonly routes: RoutesPort;
  readonly settings: Pick<GatewaySettings, "token" | "allowedOrigins">;
}

/** Answers a request below `ROUTES_ROOT` whose host name was checked. */
export async function answerRoute(request: Request, { routes, settings }: RouteHandling): Promise<Response> {
  const url = new URL(request.url);
  const target = targetOf(url.pathname);
  if (target === null) return refusalResponse(url.pathname, { status: 404, reason: "" });
  if (decodesTo(url.href, settings.token))
    return problem(400, "The gateway's token does not belong into an address");
  const outcome = await routes.answer(inboundOf(request, url, target, settings));
  if (!outcome.ok) return refusalResponse(url.pathname, outcome.refusal);
  return responseOf(outcome.answer);
}

interface Target {
  readonly plugin: string;
  readonly account: string | null;
  readonly path: string;
  /** What stands before the path. */
  readonly root: string;
}

/** `/plugin/<id>/@<account>/hook`; without an account, the plugin's own routes. */
function targetOf(pathname: string): Target | null {
  const [, plugin = "", account, rest] =
    /^\/plugin\/([a-z0-9][a-z0-9_-]{0,63})(?:\/@([^/]*))?(\/.*)?$/.exec(pathname) ?? [];
  if (plugin === "" || (account !== undefined && !ACCOUNT_ID.test(account))) return null;
  const path = rest ?? "/";
  const root = `${ROUTES_ROOT}${plugin}${account === undefined ? "" : `/@${account}`}`;
  return { plugin, account: account ?? null, path, root };
}

function inboundOf(
  request: Request,
  url: URL,
  { plugin, account, path, root }: Target,
  { token, allowedOrigins }: RouteHandling["settings"],
): InboundRequest {
  const { headers, method, signal } = request;
  const origin = headers.get("origin");
  const length = headers.get("content-length");
  return {
    plugin,
    account,
    method,
    path,
    url: `${url.origin}${path}${url.search}`,
    base: `${url.origin}${root}`,
    headers: [...headers].filter(([name, value]) => !KEPT_BACK.has(name) && !decodesTo(value, token)),
    contentLength: length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null,
    fromOtherOrigin: origin !== null && !decideOrigin(origin, headers.get("host"), allowedOrigins).allowed,
    body: request.body,
    signal,
  };
}

/** The browser's own, the connection's own, and what would tell whose page it is. */
const KEPT_BACK: ReadonlySet<string> = new Set([
  "cookie",
  "cookie2",
  "connection",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Whether a text holds the token, as it stands, percent-encoded, or in the base64 of `Authorization: Basic`. */
function decodesTo(text: string, token: string): boolean {
  if (text.includes(token) || unescaped(text).includes(token)) return true;
  return text
    .split(/[\s,;:=?&]+/)
    .some((part) => Buffer.from(part, "base64").toString("utf8").includes(token));
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Of a plugin's answer, headers that concern the answer alone. `x-` is free but for what a proxy in front would obey. */
const PASSED: ReadonlySet<string> = new Set([
  "accept-ranges",
  "age",
  "allow",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-range",
  "content-type",
  "etag",
  "expires",
  "last-modified",
  "location",
  "retry-after",
  "vary",
]);
const PROXY_ORDERS =
  /^x-(?:accel-|sendfile|lighttpd-|reproxy|litespeed-|forwarded|frame-options|content-type-options)/;

const SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-downloads";

function responseOf({ status, headers, body }: InboundAnswer): Response {
  const passed = new Headers();
  for (const [name, value] of headers) if (mayPass(name.toLowerCase())) passed.append(name, value);
  setOwn(passed, ownPolicies(headers));
  if (!passed.has("cache-control")) passed.set("cache-control", "no-store");
  // As long as it lasts, the listener waits for it; the next request comes on a line of its own.
  passed.set("connection", "close");
  const hasNone = status === 204 || status === 205 || status === 304;
  if (hasNone) void body?.[Symbol.asyncIterator]().return?.();
  return new Response(hasNone || body === null ? null : streamOf(body), { status, headers: passed });
}

function mayPass(name: string): boolean {
  return PASSED.has(name) || (name.startsWith("x-") && !PROXY_ORDERS.test(name));
}

/** A policy of the plugin's can only narrow ours: a browser holds to all of them. */
function ownPolicies(headers: HeaderLines): string[] {
  return headers.flatMap(([name, value]) =>
    name.toLowerCase() === "content-security-policy" ? [value] : [],
  );
}

function setOwn(headers: Headers, policies: readonly string[]): void {
  headers.set("content-security-policy", [SANDBOX, ...policies].join(", "));
  headers.set("x-content-type-options", "nosniff");
  headers.set("x-frame-options", "DENY");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
}

/** Pulled by the client: nothing is asked of the plugin that the client has no room for. */
function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** What a stranger may hear: the status, never the reason. */
const TOLD: Record<Exclude<InboundRefusal["status"], 404>, string> = {
  401: "The caller was not recognised",
  403: "A page of another origin may not send this",
  405: "This address takes another method",
  408: "The body did not come in time",
  413: "The body is too large",
  429: "Too many requests",
  500: "The plugin failed",
  502: "The plugin did not answer",
  503: "The plugin cannot answer now",
  504: "The plugin did not answer in time",
};

function refusalResponse(pathname: string, { status, allow, retryAfterMs }: InboundRefusal): Response {
  // In the very words for what is not there at all.
  if (status === 404) {
    return problem(
      404,
      `Cannot find ${pathname.slice(0, 200)}: there is nothing at this address`,
      "not_found",
    );
  }
  const headers = new Headers();
  if (allow !== undefined) headers.set("allow", allow.join(", "));
  if (retryAfterMs !== undefined) headers.set("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
  return problem(status, TOLD[status], "route", headers);
}

function problem(status: number, message: string, type = "route", headers = new Headers()): Response {
  setOwn(headers, []);
  headers.set("cache-control", "no-store");
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify({ error: { type, message } }), { status, headers });
}
