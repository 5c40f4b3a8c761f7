/**
 * Messages on their way out of a WebSocket, in order, as the effect's upward stream.
 *
 * `bufferedBytes` counts what the plugin sent and no credit has carried away yet. Small messages that wait are
 * joined: each on its own would cost an entry of the isolate.
 */
import { joinBytes } from "./bytes.ts";
import { limits } from "./limits.ts";
import { encodeMessage, type MessageKind } from "./socket-messages.ts";

interface Waiting {
  /** Null while a Blob's bytes are being read. */
  message: Uint8Array | null;
  /** Of the plugin's own data. */
  readonly bytes: number;
}

export class SocketQueue implements AsyncIterable<Uint8Array> {
  #waiting: Waiting[] = [];
  #ended = false;
  #wake: (() => void) | null = null;
  bufferedBytes = 0;

  push(kind: MessageKind, data: Uint8Array, bytes: number): void {
    this.#add({ message: encodeMessage(kind, data), bytes });
  }

  /** Keeps the place of a message whose bytes come later. */
  async pushLater(kind: MessageKind, bytes: number, data: Promise<ArrayBuffer>): Promise<void> {
    const waiting: Waiting = { message: null, bytes };
    this.#add(waiting);
    waiting.message = encodeMessage(kind, new Uint8Array(await data));
    this.#wake?.();
  }

  /** Nothing is added any more; what waits still goes out. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const batch = this.#takeBatch();
      if (batch.length > 0) {
        yield joinBytes(batch.map(({ message }) => message ?? new Uint8Array(0)));
        // Asked for more: all of it has gone, as far as credit reached.
        for (const { bytes } of batch) this.bufferedBytes -= bytes;
      } else if (this.#ended && this.#waiting.length === 0) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #add(waiting: Waiting): void {
    if (this.#ended) return;
    this.bufferedBytes += waiting.bytes;
    this.#waiting.push(waiting);
    this.#wake?.();
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { message } of this.#waiting) {
      if (message === null) break;
      bytes += message.byteLength;
      if (count > 0 && bytes > limits().chunkBytes) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
