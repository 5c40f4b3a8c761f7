/** Socket servers on this machine and the plugin's side of the framing, for tests. */
import { createRequire } from "node:module";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { WebSocket, WebSocketServer } from "ws";
import type { EffectReply, SocketOpenEffect, TcpConnectEffect } from "#host/base/effect.ts";
import { encodeMessage, KIND, readMessages } from "./socket-messages.ts";

// By its path: Bun has a shim for the bare name.
const load = createRequire(import.meta.url);
const path = join(dirname(load.resolve("ws/package.json")), "index.js");
const { WebSocketServer: Server } = load(path) as { WebSocketServer: typeof WebSocketServer };

export interface SocketServer extends AsyncDisposable {
  readonly port: number;
  readonly clients: ReadonlySet<WebSocket>;
  url(host: string, path?: string): string;
}

/** A WebSocket server on this machine; `onSocket` gets each with the headers that it came with. */
export async function listenForSockets(
  onSocket: (socket: WebSocket, headers: Record<string, string | string[] | undefined>) => void,
  address = "127.0.0.1",
): Promise<SocketServer> {
  const server = new Server({ port: 0, host: address });
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  server.on("connection", (socket, request) => {
    socket.on("error", () => undefined);
    onSocket(socket, request.headers);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    clients: server.clients,
    url: (host, path = "/") => `ws://${host}:${port}${path}`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that sends every message back. */
export function listenWithEcho(address?: string): Promise<SocketServer> {
  return listenForSockets((socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  }, address);
}

/** A TCP server on 127.0.0.1. */
export async function listenForTcp(
  onSocket: (socket: Socket) => void,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function open(url: string, more: Partial<SocketOpenEffect> = {}): SocketOpenEffect {
  return { kind: "socket.open", url, protocols: [], headers: [], ...more };
}

export function connectTo(host: string, port: number, tls = false): TcpConnectEffect {
  return { kind: "socket.tcp", host, port, tls };
}

/** What the plugin sends, as it is pushed. */
export class Outgoing implements AsyncIterable<Uint8Array> {
  readonly #queue: Uint8Array[] = [];
  #wake: (() => void) | null = null;
  #isEnded = false;
  /** Bytes that were taken from here. */
  taken = 0;

  bytes(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#wake?.();
  }

  text(text: string): void {
    this.bytes(encodeMessage(KIND.text, Buffer.from(text)));
  }

  binary(data: Uint8Array): void {
    this.bytes(encodeMessage(KIND.binary, data));
  }

  close(code?: number, reason = ""): void {
    const data = code === undefined ? [] : [code >> 8, code & 255, ...Buffer.from(reason)];
    this.bytes(encodeMessage(KIND.close, Uint8Array.from(data)));
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.taken += next.byteLength;
        yield next;
      } else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

export type Message =
  | { readonly text: string }
  | { readonly binary: Uint8Array }
  | { readonly code: number; readonly reason: string };

/** The messages that come down, one `next()` each. */
export async function* messagesOf(reply: EffectReply): AsyncGenerator<Message, void, undefined> {
  if (!reply.ok) throw new Error(`${reply.failure.code}: ${reply.failure.message}`);
  let parts: Uint8Array[] = [];
  for await (const { kind, bytes, isLast } of readMessages(reply.body ?? emptyBody(), 2 ** 31)) {
    parts.push(bytes.slice());
    if (!isLast) continue;
    const data = Buffer.concat(parts);
    parts = [];
    if (kind === KIND.text) yield { text: data.toString() };
    else if (kind === KIND.binary) yield { binary: data };
    else yield { code: data.readUInt16BE(0), reason: data.toString("utf8", 2) };
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void, undefined> {}

/** The next message; throws if none comes any more. */
export async function nextOf(messages: AsyncIterator<Message, void>): Promise<Message> {
  const { value, done } = await messages.next();
  if (done === true) throw new Error("the socket ended without another message");
  return value;
}
