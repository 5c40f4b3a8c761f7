/** Web servers on this machine, for tests: one that does what its handler says, and a proxy. */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Resolve } from "./checked-lookup.ts";

export interface Counterpart extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
  /** `GET host/path` of all that came. */
  readonly seen: string[];
  url(host: string, path?: string): string;
}

/** A server on 127.0.0.1, or on another address of the loopback. Tests call it by names such as `a.localhost`, which `toLoopback` resolves. */
export async function listen(handler: RequestListener, address = "127.0.0.1"): Promise<Counterpart> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host}${request.url}`);
    request.on("error", () => undefined); // Deno tells of a cut connection here too
    handler(request, response);
  });
  const sockets = trackSockets(server);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    server,
    seen,
    url: (host, path = "/") => `http://${host}:${port}${path}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const toLoopback: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `user host:port` of all that came. */
  readonly seen: string[];
  /** What the proxy answers instead of passing on; null passes. */
  refusal: 403 | 407 | null;
}

/** A forward proxy that sends whatever it is asked for to `target` on this machine. */
export async function listenAsProxy(target: () => number): Promise<Proxy> {
  const server = createServer((request, response) => {
    const { host } = new URL(request.url ?? "");
    proxy.seen.push(`${userOf(request)} ${host}`);
    if (proxy.refusal !== null) {
      response.writeHead(proxy.refusal, { "x-squid-error": "ERR_ACCESS_DENIED 0" }).end("refused");
      return;
    }
    const { "proxy-authorization": _mine, ...headers } = request.headers;
    const onward = httpRequest(
      { port: target(), host: "127.0.0.1", path: request.url, method: request.method ?? "GET", headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward.on("error", () => response.destroy()));
  });
  const sockets = trackSockets(server);
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    proxy.seen.push(`${userOf(request)} ${request.url}`);
    if (proxy.refusal !== null) return void socket.end(`HTTP/1.1 ${proxy.refusal} No\r\n\r\n`);
    const onward = connect(target(), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: Proxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    seen: [],
    refusal: null,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  await using gone = await listen(() => undefined);
  return gone.port;
}

function userOf(request: IncomingMessage): string {
  const encoded = request.headers["proxy-authorization"]?.replace(/^Basic /, "") ?? "";
  return Buffer.from(encoded, "base64").toString().split(":")[0] ?? "";
}

function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}
