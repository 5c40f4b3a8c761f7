/**
 * Sockets, done: one that the gate let through is connected, opened and handed over as two streams.
 *
 * A socket is on record three times: before it is opened, when it is open (or failed), and when it ended, with
 * how much went through it.
 */
import type { Allowed } from "#host/base/decision.ts";
import type {
  EffectContext,
  EffectIdentity,
  EffectReply,
  SocketOpenEffect,
  TcpConnectEffect,
} from "#host/base/effect.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import type { Connect } from "./connect.ts";
import type { Passage } from "./gate.ts";
import { refuseMalformed } from "./headers.ts";
import type { OpenPlaces, Place } from "./open-places.ts";
import type { HttpPass, TcpPass } from "./policy.ts";
import type { HopSecrets } from "./secrets/hop-secrets.ts";
import { streamTcp } from "./tcp-streams.ts";
import { upgrade } from "./web-socket.ts";
import { streamWebSocket } from "./web-socket-streams.ts";

export interface SocketDeps {
  readonly connect: Connect;
  readonly sockets: OpenPlaces;
  readonly limits: BrokerLimits;
}

export interface Opening<Effect, Pass extends HttpPass | TcpPass> {
  readonly identity: EffectIdentity;
  readonly request: Effect;
  readonly context: EffectContext;
  readonly enter: () => Promise<Passage<Pass>>;
}

export interface WebSocketOpening extends Opening<SocketOpenEffect, HttpPass> {
  /** The plugin's secrets on this socket; null if it has none. */
  readonly secretsFor: (url: URL) => Promise<HopSecrets | null>;
}

/** Head: `{protocol}`, the subprotocol that the server chose; empty for none. */
export async function performWebSocket(
  deps: SocketDeps,
  { identity, request, context, enter, secretsFor }: WebSocketOpening,
): Promise<EffectReply> {
  refuseMalformed(request.headers, deps.limits.maxHeaderBytes);
  return hold(deps.sockets, identity, context, enter, async ({ url, reach }, { signal }) => {
    const { limits } = deps;
    const secrets = await secretsFor(url);
    const departure = { url, headers: request.headers, body: null };
    const filled = (await secrets?.fill(departure)) ?? departure;
    const isSecure = url.protocol === "wss:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port) || (isSecure ? 443 : 80);
    const connection = await deps.connect(identity.plugin, { host, port, tls: isSecure, reach }, signal);
    const socket = await upgrade(connection, {
      url: filled.url,
      request: { ...request, headers: filled.headers },
      limits,
      signal,
    });
    const { maxMessageBytes } = limits;
    const outgoing = secrets?.fillMessages(context.body, maxMessageBytes) ?? context.body;
    const { incoming, ended } = streamWebSocket(socket, outgoing, {
      host: url.host,
      maxMessageBytes,
      pingMs: limits.socketPingMs,
      signal,
    });
    const end = ended.then(
      ({ code, sent, received }) => `closed with ${code}; ${sent} messages sent, ${received} received`,
    );
    const clean = secrets?.scrubMessages(incoming, { maxBytes: maxMessageBytes, signal }) ?? incoming;
    return { head: { protocol: socket.protocol }, incoming: clean, end };
  });
}

/** Head: empty. */
export function performTcp(
  deps: SocketDeps,
  { identity, request, context, enter }: Opening<TcpConnectEffect, TcpPass>,
): Promise<EffectReply> {
  return hold(deps.sockets, identity, context, enter, async (pass, { signal }) => {
    const connection = await deps.connect(identity.plugin, { ...pass, tls: request.tls }, signal);
    const { incoming, ended } = streamTcp(connection, context.body, {
      name: `${pass.host}:${pass.port}`,
      keepAliveMs: deps.limits.socketPingMs,
      signal,
    });
    const end = ended.then(({ sent, received }) => `closed; ${sent} bytes sent, ${received} received`);
    return { head: {}, incoming, end };
  });
}

interface Opened {
  readonly head: Extract<EffectReply, { ok: true }>["head"];
  readonly incoming: AsyncIterable<Uint8Array>;
  /** How it ended, in words for the audit. */
  readonly end: Promise<string>;
}

async function hold<Pass extends HttpPass | TcpPass>(
  sockets: OpenPlaces,
  { plugin }: EffectIdentity,
  context: EffectContext,
  enter: () => Promise<Passage<Pass>>,
  open: (pass: Pass, place: Place) => Promise<Opened>,
): Promise<EffectReply> {
  const place = sockets.enter(plugin, context.signal);
  try {
    const passage = await enter();
    const { head, incoming, end } = await concluded(passage, () => open(passage.pass, place));
    void end.then((how) => {
      place.leave();
      passage.conclude("done", how);
    });
    return { ok: true, head, body: incoming };
  } catch (thrown) {
    place.leave();
    throw thrown;
  }
}

async function concluded<Result>(passage: Passage<Allowed>, open: () => Promise<Result>): Promise<Result> {
  try {
    const opened = await open();
    passage.conclude("done", "opened");
    return opened;
  } catch (thrown) {
    passage.conclude("failed");
    throw thrown;
  }
}
