/** Streams that end when they must: those that hold something open, and those that someone else feeds. */
import { aborted } from "./failure.ts";

/**
 * An iterable over `next`, which answers null at the end. `release` runs once: at the end, at an error, when the
 * reader stops early (also before it read anything), or when the signal fires.
 */
export function ownedStream(
  next: () => Promise<Uint8Array | null>,
  release: () => void,
  signal: AbortSignal,
): AsyncIterableIterator<Uint8Array> {
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    signal.removeEventListener("abort", close);
    release();
  };
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  const end = { done: true, value: undefined } as const;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (signal.aborted) throw aborted();
      if (!isOpen) return end;
      try {
        const value = await next();
        if (value !== null) return { done: false, value };
        close();
        return end;
      } catch (thrown) {
        close();
        throw thrown;
      }
    },
    async return() {
      close();
      return end;
    },
  };
}

/** The same bytes, broken off with an error as soon as the signal fires, even while the source is silent. */
export async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { promise: abort, reject } = Promise.withResolvers<never>();
  abort.catch(() => undefined);
  const onAbort = () => reject(aborted());
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), abort]);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a source that is silent would hold up whoever gave it up.
    iterator.return?.().catch(() => undefined);
  }
}
