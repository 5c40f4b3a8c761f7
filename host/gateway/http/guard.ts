/**
 * What every HTTP request and every WebSocket passes first: the host name that it was sent to, and for what
 * changes something, the page that it came from.
 */
import type { MiddlewareHandler } from "hono";
import { decideHost, decideOrigin } from "#host/gateway/origin.ts";
import { PAGE_CSP } from "#host/gateway/assets.ts";
import type { Denied } from "#host/base/decision.ts";

/** A refusal for a name that is not ours (DNS rebinding); null for our own. */
export function refuseStranger(request: Request, allowedOrigins: readonly string[]): Response | null {
  const decision = decideHost(request.headers.get("host"), allowedOrigins);
  return decision.allowed ? null : refusal(decision);
}

/** Host for all requests; Origin for all but GET and HEAD. A client that is no browser sends no Origin. */
export function guard(allowedOrigins: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const stranger = refuseStranger(c.req.raw, allowedOrigins);
    if (stranger !== null) return stranger;
    const origin = c.req.header("origin");
    if (origin !== undefined && c.req.method !== "GET" && c.req.method !== "HEAD") {
      const decision = decideOrigin(origin, c.req.header("host") ?? null, allowedOrigins);
      if (!decision.allowed) return refusal(decision);
    }
    await next();
    return undefined;
  };
}

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": PAGE_CSP,
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
};

function refusal({ reason, fix }: Denied): Response {
  return Response.json({ error: { type: "forbidden", message: reason, fix } }, { status: 403 });
}
