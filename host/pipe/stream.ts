/**
 * One end of an effect's stream: a writer that stops without credit, a reader that gives credit as it is read.
 *
 * Guarantees that at most a window of bytes is under way unread, whoever reads slowly, and that a peer which
 * sends more than it was granted, or grants more than it was sent, is refused. Refuses to know frames: its
 * owner sends them. Free of node imports, so that every side can use it.
 */
import { HostError } from "#host/base/errors.ts";
import { PIPE } from "#host/base/limits.ts";

/** Sends one chunk. A promise resolves when the transport can take more. */
export type SendChunk = (chunk: Uint8Array) => Promise<void> | void;

export interface StreamBounds {
  readonly windowBytes: number;
  readonly chunkBytes: number;
}

export class StreamWriter {
  readonly #send: SendChunk;
  readonly #bounds: StreamBounds;
  #credit: number;
  #wake: (() => void) | null = null;
  #closed: unknown = null;

  constructor(send: SendChunk, bounds: StreamBounds = PIPE) {
    this.#send = send;
    this.#bounds = bounds;
    this.#credit = bounds.windowBytes;
  }

  /** Resolves when all bytes are on their way. One write at a time. Rejects with what `close` was given. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.byteLength;) {
      if (this.#credit === 0) await this.#moreCredit();
      if (this.#closed !== null) throw this.#closed;
      const size = Math.min(this.#credit, this.#bounds.chunkBytes, bytes.byteLength - sent);
      this.#credit -= size;
      await this.#send(bytes.subarray(sent, sent + size));
      sent += size;
    }
  }

  /** The peer has read this many bytes. Throws HostError `sandbox.protocol` if it can't have. */
  grant(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > this.#bounds.windowBytes) {
      throw new HostError("sandbox.protocol", `Cannot take credit for ${bytes} bytes: fewer were sent`);
    }
    this.#wake?.();
  }

  /** Nobody reads any longer: a write that waits, and every later one, rejects with this. */
  close(reason: unknown): void {
    this.#closed ??= reason;
    this.#wake?.();
  }

  async #moreCredit(): Promise<void> {
    while (this.#credit === 0 && this.#closed === null) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Smaller chunks are gathered while nobody reads: each on its own would cost more than its bytes. */
const GATHER_BELOW = 16 * 1024;

interface Gathered {
  readonly bytes: Uint8Array;
  length: number;
}

/** Read by one consumer, once. Leaving the loop early throws away what comes later, and grants it. */
export class StreamReader implements AsyncIterable<Uint8Array> {
  readonly #grant: (bytes: number) => void;
  readonly #bounds: StreamBounds;
  readonly #queue: Gathered[] = [];
  #ungranted = 0;
  #consumed = 0;
  #ended = false;
  #failure: unknown = null;
  #discarding = false;
  #wake: (() => void) | null = null;

  constructor(grant: (bytes: number) => void, bounds: StreamBounds = PIPE) {
    this.#grant = grant;
    this.#bounds = bounds;
  }

  /** Takes a chunk. Throws HostError `sandbox.protocol` past the window or the end. */
  push(chunk: Uint8Array): void {
    this.#ungranted += chunk.byteLength;
    if (this.#ended) throw new HostError("sandbox.protocol", "Cannot take a chunk: its stream has ended");
    if (this.#ungranted > this.#bounds.windowBytes) {
      throw new HostError("sandbox.protocol", "Cannot take a chunk: its sender has no credit left");
    }
    if (this.#discarding) return this.#consume(chunk.byteLength);
    this.#keep(chunk);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The stream is broken: what was read stands, then the loop throws this. */
  fail(reason: unknown): void {
    this.#failure ??= reason;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const next = this.#queue.shift();
        if (next !== undefined) {
          yield next.bytes.subarray(0, next.length);
          this.#consume(next.length);
        } else if (this.#failure !== null) throw this.#failure;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#discard();
    }
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.byteLength >= GATHER_BELOW) {
      this.#queue.push({ bytes: chunk, length: chunk.byteLength });
      return;
    }
    const last = this.#queue.at(-1);
    if (last !== undefined && last.bytes.byteLength - last.length >= chunk.byteLength) {
      last.bytes.set(chunk, last.length);
      last.length += chunk.byteLength;
      return;
    }
    const bytes = last === undefined ? chunk.slice() : new Uint8Array(GATHER_BELOW);
    if (last !== undefined) bytes.set(chunk);
    this.#queue.push({ bytes, length: chunk.byteLength });
  }

  /** Grants by quarters of the window: the sender never stands still, and small chunks don't each cost a frame. */
  #consume(bytes: number): void {
    this.#consumed += bytes;
    if (this.#ended || this.#consumed < this.#bounds.windowBytes / 4) return;
    const granted = this.#consumed;
    this.#consumed = 0;
    this.#ungranted -= granted;
    this.#grant(granted);
  }

  #discard(): void {
    this.#discarding = true;
    const left = this.#queue.splice(0).reduce((sum, piece) => sum + piece.length, 0);
    this.#consume(left);
  }
}
