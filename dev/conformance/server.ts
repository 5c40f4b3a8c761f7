/** The server that the suites of fetch and WebSocket speak to, on this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { WebSocket, WebSocketServer } from "ws";

// By its path: Bun has a shim for the bare name.
const load = createRequire(import.meta.url);
const ws = load(join(dirname(load.resolve("ws/package.json")), "index.js")) as {
  WebSocketServer: typeof WebSocketServer;
};
const CHUNK_PAUSE_MS = 20;

export interface ConformanceServer extends AsyncDisposable {
  readonly port: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  /** The request's body and content type. */
  "/echo": async (request, response) => {
    response.writeHead(200, {
      "content-type": request.headers["content-type"] ?? "application/octet-stream",
    });
    for await (const chunk of request) response.write(chunk);
    response.end();
  },
  /** What came: method, headers and path, as JSON. */
  "/inspect": (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] });
    response.end(JSON.stringify({ method: request.method, headers: request.headers, path: request.url }));
  },
  "/status": (_request, response, url) => {
    response.writeHead(Number(url.searchParams.get("code")), "Its Reason", { "x-status": "yes" });
    response.end(url.searchParams.get("body") ?? undefined);
  },
  "/redirect": async (request, response, url) => {
    await request.forEach(() => {});
    response.writeHead(Number(url.searchParams.get("code")), {
      location: url.searchParams.get("to") ?? "/inspect",
    });
    response.end();
  },
  /** Three chunks with pauses between them. */
  "/slow": async (_request, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    for (const text of ["one ", "two ", "three"]) {
      response.write(text);
      await new Promise((resolve) => setTimeout(resolve, CHUNK_PAUSE_MS));
    }
    response.end();
  },
  /** A first chunk, and nothing after it. */
  "/endless": (_request, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.write("first");
  },
  "/never": () => {},
  "/cut": (_request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("a part", () => response.destroy());
  },
};

export async function listen(): Promise<ConformanceServer> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://server.test");
    const handler =
      HANDLERS[url.pathname] ?? ((_request, answer) => void answer.writeHead(404).end("not there"));
    void Promise.resolve(handler(request, response, url)).catch(() => response.destroy());
  });
  const handleProtocols = (offered: Set<string>) => (offered.has("chosen") ? "chosen" : false);
  const sockets = new ws.WebSocketServer({ server, handleProtocols });
  sockets.on("connection", (socket, request) =>
    serveSocket(socket, new URL(request.url ?? "/", "ws://server.test")),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `?close=CODE&reason=…` closes at once, `?cut` breaks off, anything else sends back what comes. */
function serveSocket(socket: WebSocket, url: URL): void {
  socket.on("error", () => undefined);
  const code = url.searchParams.get("close");
  if (code !== null)
    socket.close(code === "" ? undefined : Number(code), url.searchParams.get("reason") ?? undefined);
  else if (url.searchParams.has("cut")) socket.terminate();
  else socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}
