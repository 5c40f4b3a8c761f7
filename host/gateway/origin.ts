/**
 * Which hosts and origins the gateway answers to. Pure.
 *
 * The Host check stops DNS rebinding: a foreign site whose name was pointed at this machine still says its
 * own name. The Origin check stops a foreign site that calls this machine by its right name.
 */
import type { Peer } from "#host/base/server.ts";
import { ALLOWED, denied, type Allowed, type Denied } from "#host/base/decision.ts";

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function decideHost(host: string | null, allowedOrigins: readonly string[]): Allowed | Denied {
  const name = hostName(host);
  if (
    name !== null &&
    (LOOPBACK_NAMES.has(name) || allowedOrigins.some((origin) => originName(origin) === name))
  ) {
    return ALLOWED;
  }
  return denied(
    `Cannot answer to the host name "${host ?? ""}": it is neither this machine nor configured`,
    'Open the address with 127.0.0.1, or add its origin to "gateway.controlUi.allowedOrigins"',
  );
}

/** `host` is the request's Host header, which `decideHost` has allowed. */
export function decideOrigin(
  origin: string | null,
  host: string | null,
  allowedOrigins: readonly string[],
): Allowed | Denied {
  if (origin !== null && (originHost(origin) === host?.toLowerCase() || allowedOrigins.includes(origin))) {
    return ALLOWED;
  }
  return denied(
    `Cannot take a request from the origin "${origin ?? ""}": it is neither the gateway's own nor configured`,
    'Open the page from the gateway itself, or add the origin to "gateway.controlUi.allowedOrigins"',
  );
}

/** True for a direct connection from this machine; a forwarded one may come from anywhere. */
export function isLocal(peer: Peer, headers: Headers): boolean {
  const address = peer.address?.replace(/^::ffff:/, "") ?? "";
  const forwarded = headers.has("forwarded") || headers.has("x-forwarded-for") || headers.has("x-real-ip");
  return !forwarded && (address === "::1" || address.startsWith("127."));
}

function hostName(host: string | null): string | null {
  return host === null ? null : originName(`http://${host}`);
}

function originName(origin: string): string | null {
  return URL.parse(origin)?.hostname ?? null;
}

/** Host and port, as a browser writes them in Host; null for `null` and other opaque origins. */
function originHost(origin: string): string | null {
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) ? url.host : null;
}
