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
import type { AcceptSocket, Peer, ServerApp } from "#host/base/server.ts";
import type { PageAssets } from "./assets.ts";
import { Connection, type ConnectionDeps } from "./connection.ts";
import { createDevices } from "./devices.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import { createHandshake } from "./handshake.ts";
import type { HealthDeps } from "./health.ts";
import { createHello } from "./hello.ts";
import { createHttp } from "./http/app.ts";
import { refuseStranger } from "./http/guard.ts";
import { Hub } from "./hub.ts";
import { createDispatch } from "./methods/method.ts";
import { createMethods } from "./methods/table.ts";
import { isLocal } from "./origin.ts";
import { createPageSessions } from "./page-sessions.ts";
import { toApprovalEntry } from "./plugin-rows.ts";
import type { ApprovalChange, GatewayPorts, GatewaySettings } from "./ports.ts";
import type { PageAddress } from "./protocol/page.ts";
import type { SessionsChanged } from "./protocol/sessions.ts";
import { createRunEvents } from "./run-events.ts";
import { createSignIn } from "./sign-in.ts";
import { createTickets } from "./tickets.ts";

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
  const { ports, settings, log, clock } = deps;
  const limits: GatewayLimits = { ...GATEWAY, ...deps.limits };
  const hub = new Hub();
  const signIn = createSignIn({
    token: settings.token,
    clock,
    failuresPerMinute: limits.authFailuresPerMinute,
  });
  const tickets = createTickets({ clock, ttlMs: limits.ticketTtlMs, maxOpen: limits.maxOpenTickets });
  const pages = createPageSessions({
    devices: ports.devices,
    clock,
    port: settings.port,
    ttlMs: limits.cookieTtlMs,
  });
  const health: HealthDeps = {
    ports,
    clock,
    version: settings.version,
    sessionsPath: join(settings.stateDir, "agents", "main", "sessions"),
  };

  const sessionsChanged = (change: SessionsChanged) =>
    hub.broadcast("sessions.changed", change, "operator.read", ({ watched }) => watched.sessions);
  const mintAddress = (): PageAddress => {
    const { ticket, expiresAt } = tickets.mint();
    return { url: `http://127.0.0.1:${settings.port}/#ticket=${ticket}`, ticket, expiresAtMs: expiresAt };
  };
  const methods = createMethods({ ports, clock, health, mintAddress, sessionsChanged });

  const connectionDeps: ConnectionDeps = {
    handshake: createHandshake({
      signIn,
      pages,
      clock,
      devices: createDevices({ store: ports.devices, clock, gatewayToken: settings.token }),
      allowedOrigins: settings.allowedOrigins,
      signatureAgeMs: limits.signatureAgeMs,
    }),
    dispatch: createDispatch(methods, (method, error) => logFailure(log, method, error)),
    hello: createHello({ health, settings, limits, bootId: randomUUID(), methods: [...methods.keys()] }),
    limits,
    now: () => clock.now(),
    left: (connection) => hub.delete(connection),
    cutOff: ({ id, client }) =>
      log.warn("a client was cut off: it does not read what it is sent", {
        connId: id,
        clientId: client?.clientId,
      }),
    failed: (error) => log.error("a connection failed", { error }),
  };

  const runEvents = createRunEvents({ hub, clock, limits, sessionsChanged });
  const unsubscribe = [
    ports.chat.subscribe((event) => runEvents.handle(event)),
    ports.plugins.onChange(() => hub.broadcast("plugins.changed", { ts: clock.now() }, "operator.read")),
    ports.approvals.subscribe((change) => tellApproval(hub, change, clock.now())),
  ];
  const ticker = setInterval(() => hub.broadcast("tick", { ts: clock.now() }, null), limits.tickIntervalMs);
  ticker.unref();

  const http = createHttp({ ports, settings, limits, log, page: deps.page, health, signIn, tickets, pages });

  function accept(request: Request, peer: Peer): AcceptSocket {
    const { headers } = request;
    const caller = {
      origin: headers.get("origin"),
      host: headers.get("host"),
      cookie: headers.get("cookie"),
      local: isLocal(peer, headers),
    };
    return (socket) => {
      const connection = new Connection(socket, caller, connectionDeps);
      hub.add(connection);
      return connection;
    };
  }

  return {
    fetch: (request) => http.fetch(request),
    upgrade(request, peer) {
      const stranger = refuseStranger(request, settings.allowedOrigins);
      if (stranger !== null) return stranger;
      if (hub.size >= limits.maxConnections) return new Response("too many connections\n", { status: 503 });
      return accept(request, peer);
    },
    mintAddress,
    close(reason) {
      for (const stop of unsubscribe) stop();
      clearInterval(ticker);
      runEvents.stop();
      hub.broadcast("shutdown", { reason }, null);
      hub.closeAll(1012, "service restart");
    },
  };
}

function tellApproval(hub: Hub, change: ApprovalChange, ts: number): void {
  if (change.type === "requested") {
    hub.broadcast("plugin.approval.requested", toApprovalEntry(change.approval), "operator.approvals");
  } else {
    const { id, decision } = change;
    hub.broadcast("plugin.approval.resolved", { id, decision, ts }, "operator.approvals");
  }
}

function logFailure(log: Log, method: string, error: HostError): void {
  if (isAbort(error)) return;
  if (error.code === "internal") log.error("a method failed", { method, error });
  else log.debug("a method was refused", { method, error });
}
