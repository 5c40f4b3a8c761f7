/**
 * `defineRoutes`: a plugin that answers HTTP requests, with a handler as Cloudflare Workers, Deno and Hono have it.
 *
 * @example
 * ```ts
 * import { defineRoutes } from "openclaw/sdk";
 *
 * export default defineRoutes({
 *   async fetch(request, ctx) {
 *     await ctx.storage.set("last", await request.text());
 *     return new Response("thank you");
 *   },
 * });
 * ```
 *
 * A default export with a `fetch` does as well: `export default app` of a Hono app, `export default { fetch }` of a
 * Worker. Which addresses reach it stands in the manifest's `permissions.routes`.
 */
import type { DefinedTool, ToolContext } from "./tool.ts";

/**
 * The request's address has the plugin's own root as `/`. Its body comes as it is read. It never has the browser's cookies
 * or the gateway's token, nor the secret that its caller was checked with.
 *
 * What is answered loses `Set-Cookie`, `Access-Control-*` and other headers that would act on the gateway's whole
 * origin; a page is shown in an origin of its own (`Content-Security-Policy: sandbox`). The answer's body is taken as
 * fast as the caller reads it. A thrown error is an answer 500 that says nothing of it.
 */
export type RouteHandler = (
  request: Request,
  ctx: RouteContext,
  /** The same once more, where a Worker and Hono look for `waitUntil`. */
  executionContext: RouteContext,
) => Response | Promise<Response>;

/** What a Worker finds in `env` and in its execution context, in one. */
export interface RouteContext extends Omit<ToolContext, "update"> {
  /** Fires when the caller has gone or the call's deadline passes. */
  readonly signal: AbortSignal;
  /** Where the plugin's root stands for its callers, for example `http://127.0.0.1:18789/plugin/hooks`. */
  readonly base: string;
  /** The account that the request is for; null if its address names none. */
  readonly account: string | null;
  /** Keeps the call open, within its deadline, until the promise has settled. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is nothing behind the plugin that could answer in its place. */
  passThroughOnException(): void;
  /** As a Worker's execution context has it; always empty. */
  readonly props: Readonly<Record<string, never>>;
}

/** What answers requests, and tools of the same plugin. */
export interface RoutesDefinition {
  readonly fetch: RouteHandler;
  /** Tools of the same plugin. */
  readonly tools?: readonly DefinedTool[];
}

/** What `defineRoutes` gives, for a default export. */
export interface DefinedRoutes {
  readonly kind: "routes";
  readonly tools: DefinedTool["tools"];
  readonly fetch: RouteHandler;
}

/** Declares a plugin that answers HTTP requests: its default export. */
export function defineRoutes(definition: RoutesDefinition): DefinedRoutes {
  const { fetch, tools = [] } = definition;
  return { kind: "routes", tools: tools.flatMap((tool) => tool.tools), fetch };
}
