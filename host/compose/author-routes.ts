/**
 * Routes of a plugin under `plugin dev`, on a listener of its own: the gateway's own handling in front of the same broker.
 *
 * Guarantees that nothing but routes is there, and that each request is told with what its caller does not hear. It
 * listens on the loopback address only.
 */
import { randomUUID } from "node:crypto";
import type { AuthorEvent } from "#host/base/author.ts";
import type { Clock } from "#host/base/clock.ts";
import { GATEWAY } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { RunningServer } from "#host/base/server.ts";
import { refuseStranger } from "#host/gateway/http/guard.ts";
import { answerRoute, ROUTES_ROOT } from "#host/gateway/http/routes.ts";
import type { RoutesPort } from "#host/gateway/ports.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { loadServe } from "#host/serve/serve.ts";
import type { Manifest } from "#manifests/manifest.ts";
import { routeRoot } from "#manifests/routes.ts";
import type { AuthorHost } from "./author-host.ts";
import { createRoutes } from "./routes.ts";

export interface DevRoutesDeps {
  readonly inbound: AuthorHost["inbound"];
  readonly sandboxes: Sandboxes;
  /** What runs now. */
  readonly codeOf: (plugin: string) => PluginCode | null;
  readonly accountCode: (plugin: string, account: string) => PluginCode | null;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly show: (event: AuthorEvent) => void;
}

export interface DevRoutes {
  readonly server: RunningServer;
  addressesOf(manifest: Manifest): readonly string[];
}

export async function startDevRoutes(deps: DevRoutesDeps): Promise<DevRoutes> {
  const { inbound, sandboxes, codeOf, accountCode, port, log } = deps;
  const inner = createRoutes({ inbound, registry: { codeOf }, sandboxes, accountCode, log });
  const routes = told(inner, deps);
  // There is no owner to sign in here; a token that nobody knows keeps what the gateway keeps out of routes.
  const settings = { token: randomUUID(), allowedOrigins: [] };
  const nothing = () => new Response("Plugins' routes stand below /plugin/\n", { status: 404 });
  const serve = await loadServe();
  const server = await serve({
    hostname: HOST,
    port,
    app: {
      async fetch(request) {
        if (!new URL(request.url).pathname.startsWith(ROUTES_ROOT)) return nothing();
        return refuseStranger(request, []) ?? answerRoute(request, { routes, settings });
      },
      upgrade: nothing,
    },
    maxMessageBytes: GATEWAY.maxPayloadBytes,
    maxBufferedBytes: GATEWAY.maxBufferedBytes,
  });
  return {
    server,
    addressesOf: ({ id, permissions }) =>
      (permissions?.routes ?? []).map(
        ({ methods, path }) => `${methods.join(", ")} http://${HOST}:${server.port}${routeRoot(id)}${path}`,
      ),
  };
}

const HOST = "127.0.0.1";

function told(inner: RoutesPort, { clock, show }: Pick<DevRoutesDeps, "clock" | "show">): RoutesPort {
  return {
    async answer(request) {
      const began = clock.monotonic();
      const outcome = await inner.answer(request);
      const { method, path } = request;
      const status = outcome.ok ? outcome.answer.status : outcome.refusal.status;
      const reason = outcome.ok ? null : outcome.refusal.reason;
      show({ type: "request", method, path, status, reason, ms: clock.monotonic() - began });
      return outcome;
    },
  };
}
