/**
 * Listens with Bun's own server. The only file of the host that uses Bun's API.
 *
 * Bun tells of a WebSocket what others hide: `send` returns 0 for a message that was dropped and -1 for one
 * that waits. Several messages leave in one system call (`cork`).
 */
import type { Server, ServerWebSocket } from "bun";
import type {
  AcceptSocket,
  Peer,
  RunningServer,
  ServeOptions,
  ServerSocket,
  SocketListener,
} from "#host/base/server.ts";
import { LISTENER, ROUTES } from "#host/base/limits.ts";
import { listenError } from "./listen-error.ts";

interface SocketData {
  readonly accept: AcceptSocket;
  listener: SocketListener | null;
}

export async function serveBun(options: ServeOptions): Promise<RunningServer> {
  const { app, hostname, port } = options;
  const server = listen(hostname, port, {
    hostname,
    port,
    // What is larger is refused from its head, or cut off while it comes.
    maxRequestBodySize: ROUTES.maxBodyBytes,
    idleTimeout: LISTENER.idleSeconds,
    async fetch(request: Request, self: Server<SocketData>) {
      // Nothing may be said for minutes while a model is being loaded.
      self.timeout(request, 0);
      const peer: Peer = { address: self.requestIP(request)?.address ?? null };
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
        const response = await app.fetch(request, peer);
        // The bound stays with the connection. One that ends with its answer needs none.
        if (response.headers.get("connection") !== "close") self.timeout(request, LISTENER.idleSeconds);
        return response;
      }
      const accept = app.upgrade(request, peer);
      if (accept instanceof Response) return accept;
      if (self.upgrade(request, { data: { accept, listener: null } })) return undefined;
      return new Response("not a WebSocket handshake\n", { status: 400 });
    },
    websocket: {
      maxPayloadLength: options.maxMessageBytes,
      backpressureLimit: options.maxBufferedBytes,
      // The gateway's ticks keep the line alive; a peer that is gone is noticed by Bun's pings.
      idleTimeout: 120,
      sendPings: true,
      perMessageDeflate: false,
      open(ws: ServerWebSocket<SocketData>) {
        ws.data.listener = ws.data.accept(toSocket(ws));
      },
      message(ws: ServerWebSocket<SocketData>, message: string | Buffer) {
        ws.data.listener?.message(typeof message === "string" ? message : message.toString("utf8"));
      },
      close(ws: ServerWebSocket<SocketData>) {
        ws.data.listener?.closed();
      },
    },
  });
  return {
    port: server.port ?? port,
    stop: () => server.stop(true),
  };
}

function listen(hostname: string, port: number, options: Bun.Serve.Options<SocketData>): Server<SocketData> {
  try {
    return Bun.serve<SocketData>(options);
  } catch (cause) {
    throw listenError(hostname, port, cause);
  }
}

function toSocket(ws: ServerWebSocket<SocketData>): ServerSocket {
  return {
    send(messages) {
      let result: "sent" | "dropped" = "sent";
      ws.cork(() => {
        for (const message of messages) if (ws.sendText(message) === 0) result = "dropped";
      });
      return result;
    },
    bufferedBytes: () => ws.getBufferedAmount(),
    close: (code, reason) => ws.close(code, reason),
    terminate: () => ws.terminate(),
  };
}
