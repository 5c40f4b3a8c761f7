/** A local stand-in for a service: HTTP and WebSocket on one port of this machine, gone at the end. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
  /** `host:port`, as the client wrote it. */
  readonly host: string;
}

export interface Answer {
  readonly status?: number;
  /** Sent as JSON. */
  readonly json: unknown;
  readonly afterMs?: number;
}

export interface Service {
  answer(asked: Asked): Answer | Promise<Answer>;
  onSocket?(socket: WebSocket, asked: { readonly host: string }): void;
}

export interface Counterpart extends AsyncDisposable {
  readonly port: number;
}

export async function listen(service: Service): Promise<Counterpart> {
  const server = createServer((request, response) => {
    void (async () => {
      const host = request.headers.host ?? "";
      const asked = {
        method: request.method ?? "",
        path: request.url ?? "",
        body: await textOf(request),
        host,
      };
      const { status = 200, json, afterMs = 0 } = await service.answer(asked);
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs).unref());
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
    })().catch((error: Error) => response.destroy(error));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, request) =>
    service.onSocket?.(socket, { host: request.headers.host ?? "" }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
