/**
 * WebSockets, opened: the upgrade over a connection that was made to what policy decided.
 *
 * Guarantees that no redirect is followed, that nothing is compressed (so nothing small unpacks to much), and
 * that a message past its cap ends the socket. The protocol itself (RFC 6455) is the `ws` library's.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { SocketOpenEffect } from "#host/base/effect.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { aborted, EffectError } from "./failure.ts";
import { socketHeaders } from "./headers.ts";
import { networkError } from "./network-error.ts";
import { errorCode } from "./system-error.ts";

export type WebSocketLimits = Pick<
  BrokerLimits,
  "maxHeaderBytes" | "maxMessageBytes" | "connectTimeoutMs" | "socketPingMs"
>;

export interface Upgrade {
  readonly url: URL;
  readonly request: SocketOpenEffect;
  readonly limits: WebSocketLimits;
  readonly signal: AbortSignal;
}

/**
 * Resolves with an open socket, paused: nothing that came is lost before somebody listens. Rejects with an
 * EffectError; `connection` is gone then.
 */
export async function upgrade(connection: Socket, options: Upgrade): Promise<WebSocket> {
  const { url, signal, limits } = options;
  const doing = `Cannot open a socket to "${url.host}"`;
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(aborted());
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  // Kept here: of the library's own timeout nothing is heard under Bun and Deno.
  const late = new EffectError("timeout", `${doing}: it did not answer in time`);
  const timer = setTimeout(() => reject(late), limits.connectTimeoutMs);
  try {
    return await Promise.race([opened(start(connection, options), doing), cut]);
  } catch (thrown) {
    connection.destroy();
    if (signal.aborted) throw aborted();
    if (thrown instanceof SyntaxError) throw new EffectError("invalid", `${doing}: ${thrown.message}`);
    throw isHandshakeError(thrown)
      ? new EffectError("network", `${doing}: ${thrown.message}`, { cause: thrown })
      : networkError(doing, thrown);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function start(connection: Socket, { url, request, limits }: Upgrade): WebSocket {
  const Client = loadClient();
  return new Client(url, [...request.protocols], {
    headers: socketHeaders(request.headers, limits.maxHeaderBytes),
    // A tunnel leaves it paused; until it is asked, a server of this protocol says nothing that could be lost.
    createConnection: () => connection.resume(),
    followRedirects: false,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
  });
}

function opened(socket: WebSocket, doing: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.once("open", () => {
      socket.pause();
      resolve(socket);
    });
    // Heard for good: an error that comes later is told by the close that follows it.
    socket.on("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      response.on("error", () => undefined).destroy();
      reject(new EffectError("network", `${doing}: ${answerOf(response)}`));
    });
  });
}

/** What `ws` finds wrong with an answer has no code, and a fixed text each. */
function isHandshakeError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && !(thrown instanceof EffectError) && errorCode(thrown) === "";
}

function answerOf({ statusCode = 0 }: IncomingMessage): string {
  if (statusCode >= 300 && statusCode < 400) {
    return `it redirects (${statusCode}), and a socket follows no redirect`;
  }
  return `it answers ${statusCode} and opens none`;
}

const load = createRequire(import.meta.url);

/** Loaded with the first socket. By its path, not the package's bare name: Bun puts its own shim in place of that. */
function loadClient(): typeof WebSocket {
  return load(join(dirname(load.resolve("ws/package.json")), "index.js")) as typeof WebSocket;
}
