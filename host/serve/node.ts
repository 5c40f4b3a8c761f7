/**
 * Listens with Node's HTTP server, on Node and on Deno. HTTP goes through @hono/node-server, WebSockets
 * through `ws`: Deno's own have no limit on a message's size.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { WebSocketServer, type WebSocket } from "ws";
import type { Peer, RunningServer, ServeOptions, ServerSocket } from "#host/base/server.ts";
import { LISTENER } from "#host/base/limits.ts";
import { listenError } from "./listen-error.ts";

export async function serveNode(options: ServeOptions): Promise<RunningServer> {
  const { app, hostname, port } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const server = createServer(
    getRequestListener((request, { incoming }) => app.fetch(request, peerOf(incoming)), {
      overrideGlobalObjects: false,
    }),
  );
  boundConnections(server);
  server.on("upgrade", (incoming: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    const accept = app.upgrade(toRequest(incoming), peerOf(incoming));
    if (accept instanceof Response) return void refuse(stream, accept);
    sockets.handleUpgrade(incoming, stream, head, (ws) => {
      const listener = accept(toSocket(ws, stream));
      // One unit of text: `ws` has joined fragments and checked the encoding.
      ws.on("message", (data) => listener.message(data.toString()));
      ws.on("close", () => listener.closed());
      ws.on("error", () => ws.terminate());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(listenError(hostname, port, cause)));
    server.listen(port, hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const ws of sockets.clients) ws.terminate();
      sockets.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Deno's server has none of Node's own bounds, so these are made of what both tell. */
function boundConnections(server: Server): void {
  const open = new Map<Socket, NodeJS.Timeout>();
  const disarm = (socket: Socket) => clearTimeout(open.get(socket));
  const arm = (socket: Socket) => {
    disarm(socket);
    if (!socket.destroyed)
      open.set(
        socket,
        setTimeout(() => socket.destroy(), LISTENER.headersMs),
      );
  };
  server.on("connection", (socket) => {
    if (open.size >= LISTENER.maxConnections) return void socket.destroy();
    arm(socket);
    socket.once("close", () => {
      disarm(socket);
      open.delete(socket);
    });
  });
  server.prependListener("request", ({ socket }, answer) => {
    disarm(socket);
    answer.once("close", () => arm(socket));
  });
  server.prependListener("upgrade", ({ socket }: IncomingMessage) => disarm(socket));
}

function toSocket(ws: WebSocket, stream: Duplex): ServerSocket {
  return {
    send(messages) {
      if (ws.readyState !== ws.OPEN) return "dropped";
      stream.cork();
      for (const message of messages) ws.send(message);
      stream.uncork();
      return "sent";
    },
    bufferedBytes: () => ws.bufferedAmount,
    close(code, reason) {
      ws.close(code, reason);
      setTimeout(() => ws.terminate(), LISTENER.closeMs).unref();
    },
    terminate: () => ws.terminate(),
  };
}

function peerOf(incoming: { readonly socket: { readonly remoteAddress?: string | undefined } }): Peer {
  return { address: incoming.socket.remoteAddress ?? null };
}

/** The handshake as a Request, for the gateway's checks; its body is never read. */
function toRequest(incoming: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const path = URL.canParse(incoming.url ?? "/", "http://localhost") ? (incoming.url ?? "/") : "/";
  return new Request(new URL(path, "http://localhost").href, { headers });
}

async function refuse(stream: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const type = response.headers.get("content-type") ?? "text/plain";
  const lines = [
    `HTTP/1.1 ${response.status} ${response.statusText || "Refused"}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  stream.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
