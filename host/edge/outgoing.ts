/**
 * The upward stream of an effect: what the plugin sends, cut into chunks, as far as credit reaches.
 */
import { ownBuffer } from "./bytes.ts";
import { post } from "./door.ts";
import { limits } from "./limits.ts";

/** Bytes, or a stream of them. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array>;

export interface Outgoing {
  start(): void;
  /** The receiver has consumed so many bytes. */
  grant(bytes: number): void;
  /** Sends nothing more and lets the source go. */
  stop(): void;
}

/** `onFailure` hears why the source broke off; the stream has no end then. */
export function createOutgoing(
  effect: number,
  source: ByteSource,
  onFailure: (reason: unknown) => void,
): Outgoing {
  return new OutgoingStream(effect, source, onFailure);
}

class OutgoingStream implements Outgoing {
  readonly #effect: number;
  readonly #source: ByteSource;
  readonly #onFailure: (reason: unknown) => void;
  #credit = limits().windowBytes;
  #stopped = false;
  #resume: (() => void) | null = null;

  constructor(effect: number, source: ByteSource, onFailure: (reason: unknown) => void) {
    this.#effect = effect;
    this.#source = source;
    this.#onFailure = onFailure;
  }

  start(): void {
    void this.#run();
  }

  grant(bytes: number): void {
    this.#credit += bytes;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = null;
  }

  async #run(): Promise<void> {
    try {
      if (this.#source instanceof Uint8Array) await this.#send(this.#source);
      else await this.#sendAll(this.#source);
      if (!this.#stopped) post({ t: "end", effect: this.#effect });
    } catch (thrown) {
      if (!this.#stopped) this.#onFailure(thrown);
    }
  }

  async #sendAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array))
        throw new TypeError("Cannot send the body: it has a chunk that is not bytes");
      await this.#send(chunk);
      if (this.#stopped) return;
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.byteLength && !this.#stopped) {
      if (this.#credit <= 0) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
        continue;
      }
      const size = Math.min(bytes.byteLength - at, limits().chunkBytes, this.#credit);
      this.#credit -= size;
      post({ t: "chunk", effect: this.#effect }, ownBuffer(bytes.subarray(at, at + size)));
      at += size;
    }
  }
}
