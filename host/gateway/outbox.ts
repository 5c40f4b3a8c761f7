/**
 * The frames that wait to leave on one connection.
 *
 * Frames that are made in the same turn of the event loop leave together, in order: a system call for each
 * would cost more than all the rest of a turn. Bounded: a client that does not read is cut off, never
 * buffered for without end.
 */
import type { ServerSocket } from "#host/base/server.ts";

export class Outbox {
  readonly #socket: ServerSocket;
  readonly #maxBytes: number;
  readonly #overflowed: () => void;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #scheduled: NodeJS.Immediate | null = null;
  #closed = false;

  /** `overflowed` is called once, after which the outbox takes no more. */
  constructor(socket: ServerSocket, maxBytes: number, overflowed: () => void) {
    this.#socket = socket;
    this.#maxBytes = maxBytes;
    this.#overflowed = overflowed;
  }

  push(frame: string): void {
    if (this.#closed) return;
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    if (this.#waitingBytes > this.#maxBytes) return this.#overflow();
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    if (this.#closed || this.#waiting.length === 0) return;
    const bytes = this.#waitingBytes + this.#socket.bufferedBytes();
    const frames = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (bytes > this.#maxBytes || this.#socket.send(frames) === "dropped") this.#overflow();
  }

  /** Nothing leaves any more; what waits is forgotten. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
  }

  #overflow(): void {
    this.close();
    this.#overflowed();
  }
}
