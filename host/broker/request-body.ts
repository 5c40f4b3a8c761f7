/**
 * The body of a request, streamed as the plugin sends it.
 *
 * A redirect may want it a second time, also before it was read whole: a small body is kept for that while it goes out,
 * and what is left of its source goes to the next hop. A large one is not kept, and such a redirect fails. The
 * source is let go once: when no further hop comes and who reads the last one is done with it.
 */
import { Readable } from "node:stream";

export interface RequestBody {
  /** The bytes for one hop, from the first on. Null if some went out and were not kept. */
  open(): Readable | null;
  /** No further hop comes. */
  close(): void;
}

export function createRequestBody(source: AsyncIterable<Uint8Array>, maxKeptBytes: number): RequestBody {
  const iterator = source[Symbol.asyncIterator]();
  const kept: Uint8Array[] = [];
  let size = 0;
  let end: "open" | "ended" | { readonly failure: unknown } = "open";
  /** One question to the source at a time: the hop that follows waits for what the one before asked for. */
  let pulling: Promise<Uint8Array | null> | null = null;
  let readers = 0;
  let closed = false;

  async function ask(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await iterator.next();
      if (done === true) end = "ended";
      else if (size <= maxKeptBytes) kept.push(value);
      size += done === true ? 0 : value.byteLength;
      return done === true ? null : value;
    } catch (failure) {
      end = { failure };
      throw failure;
    } finally {
      pulling = null;
    }
  }

  async function chunkAt(at: number): Promise<Uint8Array | null> {
    const known = kept[at];
    if (known !== undefined) return known;
    if (end === "ended") return null;
    if (end !== "open") throw end.failure;
    return (pulling ??= ask());
  }

  /** Ends at once when it is destroyed, also while the source is silent. */
  function hop(): Readable {
    let at = 0;
    readers++;
    return new Readable({
      read() {
        chunkAt(at++).then(
          (chunk) => this.push(chunk),
          (thrown: unknown) => this.destroy(thrown instanceof Error ? thrown : new Error(String(thrown))),
        );
      },
      destroy(error, done) {
        readers--;
        letGo();
        done(error);
      },
    });
  }

  function letGo(): void {
    if (closed && readers === 0) iterator.return?.().catch(() => undefined);
  }

  return {
    open() {
      return size > maxKeptBytes ? null : hop();
    },
    close() {
      if (closed) return;
      closed = true;
      letGo();
    },
  };
}
