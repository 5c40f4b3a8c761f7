/**
 * Policy for requests from outside: does this one reach the plugin? Who its caller is, is checked after.
 *
 * Pure. Nothing is let in that the manifest does not ask for and the owner did not grant; what is not granted looks
 * like what is not there.
 */
import type { InboundRefusal, InboundRequest } from "#host/base/inbound.ts";
import { matchRoute, maxBodyOf, routeRoot, type Route } from "#manifests/routes.ts";

export interface RouteFacts {
  /** What the plugin may do now; none for one that is not there. */
  readonly routes: readonly Route[];
  /** Why it is not run any more; null if it is. */
  readonly quarantine: string | null;
  /** Whether the account that the address names is being run; true if it names none. */
  readonly accountRuns: boolean;
}

export type RouteDecision =
  | { readonly allowed: true; readonly route: Route; readonly maxBodyBytes: number }
  | { readonly allowed: false; readonly refusal: InboundRefusal };

type Asked = Pick<InboundRequest, "plugin" | "method" | "path" | "contentLength" | "fromOtherOrigin">;

export function decideRoute(facts: RouteFacts, asked: Asked): RouteDecision {
  const { plugin, method, path } = asked;
  const cannot = `Cannot ${method} ${routeRoot(plugin)}${path}`;
  const there = facts.routes.filter((route) => matchRoute(route, path));
  if (there.length === 0) return refused(404, `${cannot}: "${plugin}" holds no route to it`);
  if (!facts.accountRuns) return refused(404, `${cannot}: the account that it names is not running`);
  const route = there.find(({ methods }) => methods.some((each) => takes(each, method)));
  if (route === undefined) return notTaken(cannot, there);
  const { quarantine } = facts;
  if (quarantine !== null) {
    const reason = `${cannot}: "${plugin}" is quarantined: ${quarantine}`;
    return { allowed: false, refusal: { status: 503, reason, retryAfterMs: 60_000 } };
  }
  if (asked.fromOtherOrigin && !isRead(method) && route.verify === "none") {
    return refused(
      403,
      `${cannot}: a page of another origin sent it, and nothing else tells who its caller is`,
    );
  }
  const maxBodyBytes = maxBodyOf(route);
  if ((asked.contentLength ?? 0) > maxBodyBytes) {
    return refused(413, `${cannot}: its body has ${asked.contentLength} bytes, the limit is ${maxBodyBytes}`);
  }
  return { allowed: true, route, maxBodyBytes };
}

/** Who may GET may ask for the head alone. */
function takes(granted: string, method: string): boolean {
  return granted === method || (granted === "GET" && method === "HEAD");
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function notTaken(cannot: string, routes: readonly Route[]): RouteDecision {
  const allow = [...new Set(routes.flatMap(({ methods }) => methods))];
  const reason = `${cannot}: the route takes ${allow.join(", ")}`;
  return { allowed: false, refusal: { status: 405, reason, allow } };
}

function refused(status: InboundRefusal["status"], reason: string): RouteDecision {
  return { allowed: false, refusal: { status, reason } };
}
