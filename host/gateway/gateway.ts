/**
 * The gateway: HTTP and WebSocket on one port, in front of the rest of the host.
 *
 * Owns who may come in, how frames look, and who hears of what. Decides nothing about conversations, plugins
 * or models: it asks its ports.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "#host/base/clock.ts";
import { isAbort, type HostError } from "#host/base/errors.ts";
import { GATEWAY } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { Peer, ServerApp } from "#host/base/server.ts";
import type { PageAssets } from "./assets.ts";
import { Connection, type ConnectionDeps } from "./connection.ts";
import { createDoor } from "./door.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import type { Caller } from "./handshake.ts";
import type { HealthDeps } from "./health.ts";
import { createHello } from "./hello.ts";
import { createHttp } from "./http/app.ts";
import { refuseStranger } from "./http/guard.ts";
import { ROUTES_ROOT } from "./http/routes.ts";
import { Hub } from "./hub.ts";
import { createDispatch } from "./methods/method.ts";
import { createMethods } from "./methods/table.ts";
import { startNews } from "./news.ts";
import { decideOrigin, isLocal } from "./origin.ts";
import type { GatewayPorts, GatewaySettings } from "./ports.ts";
import type { PageAddress } from "./protocol/page.ts";
import { createRunLog } from "./run-log.ts";

export interface GatewayDeps {
  readonly ports: GatewayPorts;
  readonly settings: GatewaySettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly page: PageAssets;
  /** For tests; what is not given is as in host/base/limits.ts. */
  readonly limits?: Partial<GatewayLimits>;
}

export interface Gateway extends ServerApp {
  mintAddress(): PageAddress;
  /** Tells all clients that the gateway ends, and closes them. */
  close(reason: string): void;
}

export function createGateway(deps: GatewayDeps): Gateway {
  const { ports, settings, log, clock, page } = deps;
  const limits: GatewayLimits = { ...GATEWAY, ...deps.limits };
  const hub = new Hub();
  const door = createDoor({ store: ports.devices, settings, limits, clock });
  const news = startNews({ ports, hub, clock, limits });
  const sessionsPath = join(settings.stateDir, "agents", "main", "sessions");
  const health: HealthDeps = { ports, clock, version: settings.version, sessionsPath };
  const { mintAddress } = door;
  const runs = createRunLog(ports.chat);
  const { sessionsChanged } = news;
  const methods = createMethods({ ports, clock, health, mintAddress, sessionsChanged, runs });
  const http = createHttp({ ports, settings, limits, log, page, health, door });

  /** Of pages from elsewhere. They get no further than a refusal. */
  const foreign = new Set<Connection>();
  const connectionDeps: ConnectionDeps = {
    handshake: door.handshake,
    dispatch: createDispatch(methods, (method, error) => logFailure(log, method, error)),
    hello: createHello({ health, settings, limits, bootId: randomUUID(), methods: [...methods.keys()] }),
    limits,
    now: () => clock.now(),
    left: (connection) => {
      hub.delete(connection);
      foreign.delete(connection);
    },
    cutOff: ({ id: connId, client }) =>
      log.warn("a client was cut off: it does not read", { connId, clientId: client?.clientId }),
    failed: (error) => log.error("a connection failed", { error }),
  };

  return {
    fetch: (request) => http.fetch(request),
    upgrade(request, peer) {
      const stranger = refuseStranger(request, settings.allowedOrigins);
      if (stranger !== null) return stranger;
      if (new URL(request.url).pathname.startsWith(ROUTES_ROOT)) return noSocket();
      if (hub.size >= limits.maxConnections || hub.waiting >= limits.maxWaitingConnections)
        return new Response("too many connections\n", { status: 503 });
      const caller = callerOf(request, peer);
      const isForeign = isFromElsewhere(caller, settings.allowedOrigins);
      if (isForeign && foreign.size >= limits.maxForeignConnections)
        return new Response("origin not allowed\n", { status: 403 });
      return (socket) => {
        const connection = new Connection(socket, caller, connectionDeps);
        hub.add(connection);
        if (isForeign) foreign.add(connection);
        return connection;
      };
    },
    mintAddress,
    close(reason) {
      news.stop();
      runs.stop();
      hub.broadcast("shutdown", { reason }, null);
      hub.closeAll(1012, "service restart");
    },
  };
}

/** A page of another site. A client that is no browser sends no Origin. */
function isFromElsewhere({ origin, host }: Caller, allowedOrigins: readonly string[]): boolean {
  return origin !== null && !decideOrigin(origin, host, allowedOrigins).allowed;
}

/** A route is one exchange; a socket would outlive its call and its record. */
function noSocket(): Response {
  const message = "Cannot open a WebSocket here: plugins' routes take plain HTTP requests only";
  return Response.json({ error: { type: "route", message } }, { status: 501 });
}

function callerOf({ headers }: Request, peer: Peer): Caller {
  return {
    origin: headers.get("origin"),
    host: headers.get("host"),
    cookie: headers.get("cookie"),
    local: isLocal(peer, headers),
  };
}

function logFailure(log: Log, method: string, error: HostError): void {
  if (isAbort(error)) return;
  if (error.code === "internal") log.error("a method failed", { method, error });
  else log.debug("a method was refused", { method, error });
}
