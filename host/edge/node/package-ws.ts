/**
 * The npm package `ws` over the isolate's WebSocket.
 *
 * Pings are the broker's: it asks the other end whether it is there, and closes a socket whose end is gone. So `ping`
 * sends nothing, and is answered by a `pong` while the socket is open. Not there: servers, compression, raw upgrades.
 */
import EventEmitter from "node:events";
import { absent } from "./absent.ts";

interface Options {
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Done = (error?: Error) => void;
type Listener = (event: object) => void;
type Data = string | Buffer | ArrayBuffer | Buffer[];

/** The isolate's own class takes headers as this package does. */
const Native = globalThis.WebSocket as unknown as new (
  url: string,
  options: { protocols: string | string[]; headers: Record<string, string> },
) => globalThis.WebSocket;

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];
const STATES = { CONNECTING, OPEN, CLOSING, CLOSED };

class WebSocket extends EventEmitter {
  readonly #socket: globalThis.WebSocket;
  readonly #wrapped = new Map<Listener, (...args: unknown[]) => void>();
  #binaryType = "nodebuffer";

  constructor(address: string | URL, protocols?: string | string[] | Options | null, options?: Options) {
    super();
    const isList = typeof protocols === "string" || Array.isArray(protocols);
    const given = (isList ? options : (protocols ?? options)) ?? {};
    const origin = given.origin === undefined ? {} : { origin: given.origin };
    this.#socket = new Native(String(address), {
      protocols: isList ? protocols : [],
      headers: { ...origin, ...given.headers },
    });
    this.#socket.binaryType = "arraybuffer";
    this.#listen();
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  get url(): string {
    return this.#socket.url;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get extensions(): string {
    return "";
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get isPaused(): boolean {
    return false;
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(type: string) {
    this.#binaryType = type;
  }

  send(data: unknown, options?: { readonly binary?: boolean } | Done, callback?: Done): void {
    const done = typeof options === "function" ? options : callback;
    const text = typeof options === "object" && options.binary === false && typeof data !== "string";
    try {
      this.#socket.send((text ? Buffer.from(data as Uint8Array).toString() : data) as string);
    } catch (thrown) {
      if (done === undefined) throw thrown;
      done(thrown as Error);
      return;
    }
    if (done !== undefined) queueMicrotask(() => done());
  }

  close(code?: number, reason?: string | Buffer): void {
    if (code === undefined) this.#socket.close();
    else this.#socket.close(code, reason?.toString());
  }

  terminate(): void {
    this.#socket.close();
  }

  ping(data?: unknown, _mask?: unknown, done?: Done): void {
    queueMicrotask(() => {
      if (this.readyState === OPEN) this.emit("pong", Buffer.from((data ?? "") as string));
      done?.();
    });
  }

  pong(_data?: unknown, _mask?: unknown, done?: Done): void {
    done?.();
  }

  pause(): void {}

  resume(): void {}

  addEventListener(type: string, listener: Listener, options: { readonly once?: boolean } = {}): void {
    const wrapped = (...args: unknown[]) => listener(this.#eventOf(type, args));
    this.#wrapped.set(listener, wrapped);
    if (options.once === true) this.once(type, wrapped);
    else this.on(type, wrapped);
  }

  removeEventListener(type: string, listener: Listener): void {
    const wrapped = this.#wrapped.get(listener);
    if (wrapped !== undefined) this.off(type, wrapped);
    this.#wrapped.delete(listener);
  }

  #listen(): void {
    this.#socket.addEventListener("open", () => {
      this.emit("upgrade", { headers: {}, statusCode: 101 });
      this.emit("open");
    });
    this.#socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) => {
      const isBinary = typeof data !== "string";
      this.emit("message", isBinary ? this.#binary(data) : Buffer.from(data), isBinary);
    });
    this.#socket.addEventListener("error", (event) => {
      const { error, message } = event as ErrorEvent;
      this.emit("error", error instanceof Error ? error : new Error(message));
    });
    this.#socket.addEventListener("close", ({ code, reason }) =>
      this.emit("close", code, Buffer.from(reason)),
    );
  }

  #binary(data: ArrayBuffer): Data {
    if (this.#binaryType === "arraybuffer") return data;
    const buffer = Buffer.from(data);
    return this.#binaryType === "fragments" ? [buffer] : buffer;
  }

  /** What this package's own emitter is given, as the event that the web's listeners expect. */
  #eventOf(type: string, [first, second]: unknown[]): object {
    if (type === "message") return { type, target: this, data: second === true ? first : String(first) };
    if (type === "close") {
      return { type, target: this, code: first, reason: String(second), wasClean: first !== 1006 };
    }
    if (type === "error") return { type, target: this, error: first, message: (first as Error).message };
    return { type, target: this };
  }
}

for (const type of ["open", "message", "error", "close"]) {
  const key = `on${type}`;
  const given = new WeakMap<WebSocket, Listener>();
  Object.defineProperty(WebSocket.prototype, key, {
    get(this: WebSocket) {
      return given.get(this) ?? null;
    },
    set(this: WebSocket, listener: Listener | null) {
      const before = given.get(this);
      if (before !== undefined) this.removeEventListener(type, before);
      given.delete(this);
      if (typeof listener !== "function") return;
      given.set(this, listener);
      this.addEventListener(type, listener);
    },
  });
}
Object.assign(WebSocket, STATES);
Object.assign(WebSocket.prototype, STATES);

const noServers = "an isolate cannot listen: declare a route";

export default Object.assign(WebSocket, {
  WebSocket,
  Server: absent("ws.Server", noServers),
  WebSocketServer: absent("ws.WebSocketServer", noServers),
  Receiver: absent("ws.Receiver", "frames are the broker's"),
  Sender: absent("ws.Sender", "frames are the broker's"),
  createWebSocketStream: absent("ws.createWebSocketStream", "use the socket's events"),
});
