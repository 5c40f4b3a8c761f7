/**
 * Everything over plain HTTP: the page, signing in, health for programs, OpenAI's chat API.
 *
 * Guarantees strict headers on every answer and a JSON answer for what there is not. No secret is ever part
 * of an address.
 */
import { Hono } from "hono";
import { asHostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { PageAssets } from "#host/gateway/assets.ts";
import type { Door } from "#host/gateway/door.ts";
import type { GatewayLimits } from "#host/gateway/gateway-limits.ts";
import { readyPayload, type HealthDeps } from "#host/gateway/health.ts";
import type { GatewayPorts, GatewaySettings } from "#host/gateway/ports.ts";
import { boundedBody } from "./body.ts";
import { guard, refuseStranger, securityHeaders } from "./guard.ts";
import { openAiRoutes } from "./openai.ts";
import { pageRoutes } from "./page.ts";
import { answerRoute, ROUTES_ROOT } from "./routes.ts";
import { signInRoutes } from "./sign-in.ts";

export interface HttpDeps {
  readonly ports: GatewayPorts;
  readonly settings: GatewaySettings;
  readonly limits: GatewayLimits;
  readonly log: Log;
  readonly page: PageAssets;
  readonly health: HealthDeps;
  readonly door: Door;
}

export function createHttp(deps: HttpDeps): Hono {
  const { limits, settings, log, health } = deps;
  const app = new Hono();
  // Before all else: these answers have headers of their own, and bodies of other sizes.
  app.all(`${ROUTES_ROOT}*`, (c) => {
    const stranger = refuseStranger(c.req.raw, settings.allowedOrigins);
    return stranger ?? answerRoute(c.req.raw, { routes: deps.ports.routes, settings });
  });
  app.use(securityHeaders);
  app.use(guard(settings.allowedOrigins));

  const live = { ok: true, status: "live" };
  app.get("/healthz", (c) => c.json(live));
  app.get("/health", (c) => c.json(live));
  app.get("/readyz", (c) => {
    const ready = readyPayload(health);
    return c.json(ready, ready.ready ? 200 : 503);
  });
  const ms = limits.bodyMs;
  app.route("/auth", signInRoutes(deps.door, boundedBody({ maxBytes: limits.maxSignInBytes, ms })));
  app.route(
    "/v1",
    openAiRoutes(deps.ports.chat, deps.door.signIn, boundedBody({ maxBytes: limits.maxBodyBytes, ms })),
  );
  app.route("/", pageRoutes(deps.page));

  app.notFound((c) => {
    const known = app.routes.some(({ path, method }) => path === c.req.path && method !== "ALL");
    const { method, path } = c.req;
    return known
      ? c.json(problem("method_not_allowed", `Cannot ${method} ${path}: it takes another method`), 405)
      : c.json(
          problem("not_found", `Cannot find ${path.slice(0, 200)}: there is nothing at this address`),
          404,
        );
  });
  app.onError((thrown, c) => {
    log.error("a request failed", { path: c.req.path, error: asHostError(thrown) });
    return c.json(problem("internal", "The request failed: see the gateway's log"), 500);
  });
  return app;
}

function problem(type: string, message: string) {
  return { error: { type, message } };
}
