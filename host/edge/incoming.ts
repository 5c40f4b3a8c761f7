/**
 * The downward stream of an effect, as a `ReadableStream` of bytes.
 *
 * The world may send a window's worth ahead. What the plugin has read is given back as credit, in portions, so
 * that a slow reader stops its sender and a quick one does not send a frame for every chunk.
 */
import { ReadableStream } from "web-streams-polyfill";
import { post } from "./door.ts";
import { limits } from "./limits.ts";

export interface Incoming {
  readonly stream: ReadableStream<Uint8Array>;
  push(chunk: Uint8Array): void;
  end(): void;
  fail(reason: unknown): void;
}

/** Credit goes back once this part of the window has been read. */
const CREDIT_PORTION = 4;

export function createIncoming(effect: number, onCancel: () => void): Incoming {
  return new IncomingStream(effect, onCancel);
}

class IncomingStream implements Incoming {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #effect: number;
  #queue: Uint8Array[] = [];
  #ended = false;
  #read = 0;
  #controller: ReadableByteStreamController | null = null;
  #wanted: (() => void) | null = null;

  constructor(effect: number, onCancel: () => void) {
    this.#effect = effect;
    this.stream = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#queue = [];
        onCancel();
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(reason: unknown): void {
    this.#queue = [];
    this.#ended = true;
    this.#controller?.error(reason);
    this.#wake();
  }

  #wake(): void {
    this.#wanted?.();
    this.#wanted = null;
  }

  /** Called by the stream when its reader wants more; the answer may wait for the world. */
  async #pull(): Promise<void> {
    if (this.#queue.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    }
    const chunk = this.#queue.shift();
    if (chunk !== undefined) this.#deliver(chunk);
    else this.#close();
  }

  #deliver(chunk: Uint8Array): void {
    this.#read += chunk.byteLength;
    this.#controller?.enqueue(chunk);
    if (this.#ended || this.#read < limits().windowBytes / CREDIT_PORTION) return;
    post({ t: "credit", effect: this.#effect, bytes: this.#read });
    this.#read = 0;
  }

  #close(): void {
    try {
      this.#controller?.close();
      // A reader with its own buffer waits for an answer even at the end.
      this.#controller?.byobRequest?.respond(0);
    } catch {
      // The stream was failed or cancelled while this waited: it is closed already.
    }
  }
}

interface ReadableByteStreamController {
  enqueue(chunk: Uint8Array): void;
  close(): void;
  error(reason: unknown): void;
  readonly byobRequest: { respond(bytes: number): void } | null | undefined;
}
