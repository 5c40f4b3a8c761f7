/**
 * A transport over a child process's stdin and stdout.
 *
 * Guarantees back-pressure both ways: `send` says when the pipe is full, and the child is not read while
 * its last bytes are being handled. Refuses to judge or kill the child: whoever started it does.
 */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { HostError } from "#host/base/errors.ts";
import { Gatherer } from "./gather.ts";
import type { Transport } from "./protocol.ts";

export function createStdioTransport(stdin: Writable, stdout: Readable): Transport {
  return new StreamTransport(stdin, stdout);
}

/** Also what an authenticated socket becomes: there both streams are the same. */
export class StreamTransport implements Transport {
  readonly #writable: Writable;
  readonly #readable: Readable;
  readonly #gatherer = new Gatherer((bytes) => this.#write(bytes));
  /** One wait shared by all senders: a listener each would grow with them. */
  #drained: Promise<void> | null = null;
  #closed = false;

  constructor(writable: Writable, readable: Readable) {
    this.#writable = writable;
    this.#readable = readable;
    // A peer that is gone shows as the end of `receive`; EPIPE beside it says nothing more.
    writable.on("error", () => this.close());
    readable.on("error", () => this.close());
  }

  send(bytes: Uint8Array): Promise<void> | void {
    if (this.#closed) return Promise.reject(peerGone());
    this.#gatherer.add(bytes);
    return this.#drained ?? undefined;
  }

  async *receive(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const bytes of this.#readable) yield bytes as Uint8Array;
    } catch {
      // A reset connection is an end like any other.
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writable.destroy();
    this.#readable.destroy();
  }

  #write(bytes: Uint8Array): void {
    if (this.#closed || this.#writable.write(bytes) || this.#drained !== null) return;
    this.#drained = this.#drain();
    // What was gathered has no sender any more that would hear of it.
    this.#drained.catch(() => {});
  }

  async #drain(): Promise<void> {
    const stop = new AbortController();
    try {
      await Promise.race([
        once(this.#writable, "drain", { signal: stop.signal }),
        once(this.#writable, "close", { signal: stop.signal }),
      ]);
    } catch {
      this.close();
    } finally {
      this.#drained = null;
      stop.abort();
    }
    if (this.#closed) throw peerGone();
  }
}

function peerGone(): HostError {
  return new HostError("plugin.crashed", "Cannot send to the sandbox: its process is gone");
}
