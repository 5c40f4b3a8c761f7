/**
 * `WebSocket` (WHATWG WebSockets standard): the broker's `socket.open` in the shape that libraries know.
 *
 * Guarantees that `close` is fired exactly once, last, and that an `error` comes before it whenever the end was not
 * clean. A refusal of the broker is in the `error` event, with its message. Headers may be given as Node's and the
 * `ws` package's clients take them. The socket belongs to the call that opened it and ends with it.
 */
import { Headers } from "undici/lib/web/fetch/headers.js";
import { bytesOf } from "./bytes.ts";
import { Blob, isBlob } from "./blob.ts";
import { performEffect, type EffectReply } from "./effect.ts";
import { CloseEvent, ErrorEvent, Event, MessageEvent } from "./event.ts";
import { EventTarget, fire } from "./event-target.ts";
import { defineHandlers } from "./event-handlers.ts";
import { BINARY, CLOSE, closeData, MessageCutter, TEXT, type SocketMessage } from "./socket-messages.ts";
import { socketUrl, subprotocols } from "./socket-address.ts";
import { SocketQueue } from "./socket-queue.ts";
import { defineConstants, shape, usvString, wants } from "./web-idl.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const ABNORMAL = 1006;
/** What fits beside the code into a frame that controls (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

const settled = Promise.resolve();

/** Not in the standard. */
export interface WebSocketOptions {
  readonly protocols?: string | readonly string[];
  readonly headers?: unknown;
}

type Protocols = string | readonly string[];

let isSocket: (value: unknown) => boolean;

export class WebSocket extends EventTarget {
  static {
    isSocket = (value) => typeof value === "object" && value !== null && #url in value;
  }

  readonly #url: string;
  readonly #origin: string;
  readonly #queue = new SocketQueue();
  readonly #abort = new AbortController();
  #state = CONNECTING;
  readonly #extensions = "";
  #protocol = "";
  #binaryType = "blob";
  /** What was given to `send` after the close; it stays in `bufferedAmount`. */
  #neverSent = 0;
  #closeSeen: { readonly code: number; readonly reason: string } | null = null;

  constructor(url: unknown, protocols: Protocols | WebSocketOptions = [], options: WebSocketOptions = {}) {
    wants(arguments.length, 1, "the constructor of WebSocket");
    super();
    const isList = typeof protocols !== "object" || Symbol.iterator in protocols;
    const given = isList ? { ...options, protocols: protocols as Protocols } : protocols;
    const address = socketUrl(usvString(url));
    this.#url = address.href;
    this.#origin = address.origin;
    void this.#run(subprotocols(given.protocols ?? []), [...new Headers(given.headers)]);
  }

  get url(): string {
    return this.#url;
  }

  get readyState(): number {
    return this.#state;
  }

  get protocol(): string {
    return this.#protocol;
  }

  /** Always empty: nothing is compressed. */
  get extensions(): string {
    return this.#extensions;
  }

  /** Bytes that were given to `send` and that credit has not carried out of the isolate yet. */
  get bufferedAmount(): number {
    return this.#queue.bufferedBytes + this.#neverSent;
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(type: unknown) {
    const before = this.#binaryType;
    this.#binaryType = type === "blob" || type === "arraybuffer" ? type : before;
  }

  send(data: unknown): void {
    wants(arguments.length, 1, "send");
    if (this.#state === CONNECTING) {
      throw new DOMException("Cannot send: the socket is not open yet", "InvalidStateError");
    }
    if (isBlob(data)) return this.#sendBlob(data);
    const isBinary = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
    // A copy is made at once: the plugin may change its own bytes afterwards.
    const bytes = isBinary ? bytesOf(data) : new TextEncoder().encode(usvString(data));
    if (this.#state === OPEN) this.#queue.push(isBinary ? BINARY : TEXT, bytes, bytes.byteLength);
    else this.#neverSent += bytes.byteLength;
  }

  close(code: unknown = undefined, reason: unknown = undefined): void {
    const state = this.#state;
    const number = code === undefined ? undefined : clampToShort(code);
    if (number !== undefined && number !== 1000 && (number < 3000 || number > 4999)) {
      throw new DOMException(`Cannot close with ${number}: use 1000 or 3000 to 4999`, "InvalidAccessError");
    }
    const why = new TextEncoder().encode(reason === undefined ? "" : usvString(reason));
    if (why.byteLength > MAX_REASON_BYTES) {
      throw new DOMException(
        `Cannot close with a reason of ${why.byteLength} bytes: at most ${MAX_REASON_BYTES}`,
        "SyntaxError",
      );
    }
    if (state === CONNECTING) {
      this.#state = CLOSING;
      this.#abort.abort(new DOMException("The socket was closed before it was open", "AbortError"));
    } else if (state === OPEN) {
      this.#state = CLOSING;
      this.#queue.push(CLOSE, closeData(number ?? (why.byteLength > 0 ? 1000 : undefined), why), 0);
      this.#queue.end();
    }
  }

  /** From the opening to the `close` event. Never rejects. */
  async #run(protocols: readonly string[], headers: [string, string][]): Promise<void> {
    try {
      await settled; // a refusal that comes at once is still an event that can be listened for
      const reply = await performEffect({
        request: { kind: "socket.open", url: this.#url, protocols, headers },
        body: this.#queue,
        signal: this.#abort.signal,
        errorKind: Error,
      });
      this.#opened(reply);
      await this.#receiveAll(reply);
      this.#ended(null);
    } catch (thrown) {
      this.#ended(thrown);
    }
  }

  #opened({ head }: EffectReply): void {
    if (this.#state !== CONNECTING) return;
    this.#state = OPEN;
    this.#protocol = String(head.protocol);
    fire(this, new Event("open"));
  }

  async #receiveAll({ body }: EffectReply): Promise<void> {
    const cutter = new MessageCutter();
    for await (const chunk of body ?? []) {
      for (const message of cutter.cut(chunk)) this.#receive(message);
    }
  }

  #receive({ kind, data }: SocketMessage): void {
    if (kind === CLOSE) {
      const code = new DataView(data.buffer).getUint16(0);
      this.#closeSeen = { code, reason: new TextDecoder().decode(data.subarray(2)) };
      this.#state = CLOSING;
    } else if (this.#state === OPEN) {
      const value = kind === TEXT ? new TextDecoder().decode(data) : this.#binary(data);
      fire(this, new MessageEvent("message", { data: value, origin: this.#origin }));
    }
  }

  #binary(data: Uint8Array): unknown {
    return this.#binaryType === "blob" ? new Blob([data]) : data.buffer;
  }

  #sendBlob(blob: Blob): void {
    if (this.#state !== OPEN) this.#neverSent += blob.size;
    else void this.#queue.pushLater(BINARY, blob.size, blob.arrayBuffer());
  }

  #ended(error: unknown): void {
    const { code, reason } = this.#closeSeen ?? { code: ABNORMAL, reason: "" };
    this.#state = CLOSED;
    this.#queue.end();
    if (code === ABNORMAL) {
      const message = error instanceof Error ? error.message : "The connection was cut";
      fire(this, new ErrorEvent("error", { message, error }));
    }
    fire(this, new CloseEvent("close", { code, reason, wasClean: code !== ABNORMAL }));
  }
}

shape("WebSocket", WebSocket);
Object.defineProperty(WebSocket, "length", { value: 1, configurable: true });
defineConstants(WebSocket, { CONNECTING, OPEN, CLOSING, CLOSED });
defineHandlers(WebSocket.prototype, ["open", "message", "error", "close"], (self) => {
  if (!isSocket(self)) throw new TypeError("Illegal invocation");
});

/** WebIDL's `[Clamp] unsigned short`. */
function clampToShort(value: unknown): number {
  const number = Number(value);
  return Number.isNaN(number) ? 0 : Math.round(Math.min(Math.max(number, 0), 65_535));
}
