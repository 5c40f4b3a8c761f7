/**
 * Where a redirect leads. Pure; follows the Fetch standard, section 4.4 (HTTP-redirect fetch).
 *
 * Decides nothing about whether the plugin may go there: every hop is asked of policy like a request of its own.
 */
import { EffectError } from "./failure.ts";
import { withoutBodyHeaders, withoutOriginHeaders, type HeaderPairs } from "./headers.ts";

/** One request of a chain. */
export interface Hop {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderPairs;
  readonly hasBody: boolean;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The next request after this answer; null if the answer is the last one. */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | null {
  if (!REDIRECTS.has(status) || location === undefined) return null;
  const from = new URL(hop.url);
  const to = URL.parse(location, from.href);
  if (to === null) {
    throw new EffectError(
      "network",
      `Cannot follow the redirect of "${from.host}": its address is not a URL`,
    );
  }
  if (to.hash === "") to.hash = from.hash;
  const headers = to.origin === from.origin ? hop.headers : withoutOriginHeaders(hop.headers);
  const next = { ...hop, url: to.href, headers };
  return turnsIntoGet(hop.method, status)
    ? { ...next, method: "GET", hasBody: false, headers: withoutBodyHeaders(headers) }
    : next;
}

function turnsIntoGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}
