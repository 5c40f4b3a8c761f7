/**
 * The npm package `undici` over the isolate's `fetch` and `WebSocket`.
 *
 * How a request reaches its host is the broker's affair: agents, pools and proxies can be made and given, and
 * are not asked. Pings are the broker's too, as in the shim of `ws`.
 */
import { channel } from "node:diagnostics_channel";
import stream from "node:stream";

interface RequestOptions {
  readonly method?: string;
  readonly headers?: NonNullable<RequestInit["headers"]>;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly maxRedirections?: number;
}

class Dispatcher {
  close(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }

  compose(): this {
    return this;
  }
}

class Agent extends Dispatcher {}
class Client extends Dispatcher {}
class Pool extends Dispatcher {}
class ProxyAgent extends Dispatcher {}
class EnvHttpProxyAgent extends Dispatcher {}
class RetryAgent extends Dispatcher {}

let dispatcher: Dispatcher = new Agent();

class UndiciError extends Error {}

/** A `dispatcher` among the options is not handed on. */
function fetch(
  input: string | URL | Request,
  init: RequestInit & { dispatcher?: unknown } = {},
): Promise<Response> {
  const { dispatcher: _, ...rest } = init;
  return globalThis.fetch(input, rest);
}

type Body = NonNullable<RequestInit["body"]>;

/** A body that is one of Node's streams, as fetch takes it. */
function toBody(body: unknown): Body | null {
  if (body instanceof stream.Readable) return stream.Readable.toWeb(body) as ReadableStream;
  return (body ?? null) as Body | null;
}

async function request(address: string | URL, options: RequestOptions = {}) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value);
  const body = toBody(options.body);
  const response = await globalThis.fetch(url, {
    method: options.method ?? "GET",
    headers: options.headers ?? {},
    body,
    signal: options.signal ?? null,
    redirect: (options.maxRedirections ?? 0) > 0 ? "follow" : "manual",
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  } as RequestInit);
  return {
    statusCode: response.status,
    statusText: response.statusText,
    headers: headersOf(response.headers),
    trailers: {},
    opaque: null,
    context: {},
    body: bodyOf(response),
  };
}

function headersOf(headers: Headers): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  const plain = Object.fromEntries(headers as unknown as Iterable<[string, string]>);
  return cookies.length > 1 ? { ...plain, "set-cookie": cookies } : plain;
}

function bodyOf(response: Response) {
  const readable =
    response.body === null ? stream.Readable.from([]) : stream.Readable.fromWeb(response.body as never);
  const consume = async () => {
    const parts: Uint8Array[] = [];
    for await (const part of readable) parts.push(part as Uint8Array);
    return Buffer.concat(parts);
  };
  return Object.assign(readable, {
    text: async () => (await consume()).toString(),
    json: async () => JSON.parse((await consume()).toString()) as unknown,
    bytes: async () => new Uint8Array(await consume()),
    arrayBuffer: async () => new Uint8Array(await consume()).buffer,
    blob: async () => new Blob([new Uint8Array(await consume())]),
    dump: async () => void (await consume()),
  });
}

/** Answered at once while the socket is open; the broker closes it when its other end is gone. */
function ping(socket: WebSocket, payload: Uint8Array = new Uint8Array()): void {
  queueMicrotask(() => {
    if (socket.readyState !== globalThis.WebSocket.OPEN) return;
    channel("undici:websocket:pong").publish({ websocket: socket, payload: Buffer.from(payload) });
  });
}

const { CloseEvent, ErrorEvent, File, FormData, Headers, MessageEvent, Request, Response, WebSocket } =
  globalThis as typeof globalThis & Record<"CloseEvent" | "ErrorEvent", unknown>;

export default {
  Agent,
  Client,
  CloseEvent,
  Dispatcher,
  EnvHttpProxyAgent,
  ErrorEvent,
  File,
  FormData,
  Headers,
  MessageEvent,
  Pool,
  ProxyAgent,
  Request,
  Response,
  RetryAgent,
  WebSocket,
  buildConnector: () => () => {},
  errors: { UndiciError },
  fetch,
  getGlobalDispatcher: () => dispatcher,
  interceptors: {},
  ping,
  request,
  setGlobalDispatcher: (given: Dispatcher) => void (dispatcher = given),
};
