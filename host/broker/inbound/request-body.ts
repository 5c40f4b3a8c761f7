/**
 * The body of a request from outside: bounded in bytes and in silence, read once.
 *
 * `exceeded` and `silent` say afterwards why it broke off, so that the caller can be told, whatever the plugin made of it.
 */
import { EffectError } from "#host/broker/failure.ts";

export interface RequestBody {
  readonly stream: AsyncIterable<Uint8Array>;
  /** The status that its own fault deserves; null while it has none. */
  fault(): 408 | 413 | null;
}

export function boundedBody(
  source: AsyncIterable<Uint8Array>,
  bounds: { readonly maxBytes: number; readonly idleMs: number; readonly totalMs: number },
): RequestBody {
  let fault: 408 | 413 | null = null;
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = source[Symbol.asyncIterator]();
    const until = performance.now() + bounds.totalMs;
    let bytes = 0;
    try {
      for (;;) {
        const patience = Math.min(bounds.idleMs, until - performance.now());
        const next = await within(iterator.next(), patience);
        if (next === "late") {
          fault = 408;
          throw new EffectError("timeout", "The request's body did not come in time");
        }
        if (next.done === true) return;
        bytes += next.value.byteLength;
        if (bytes > bounds.maxBytes) {
          fault = 413;
          throw new EffectError("too-large", `The request's body has more than ${bounds.maxBytes} bytes`);
        }
        if (next.value.byteLength > 0) yield next.value;
      }
    } finally {
      // Not awaited: a source that is silent answers this only when it speaks again.
      void iterator.return?.().catch(() => undefined);
    }
  }
  return { stream: read(), fault: () => fault };
}

export async function wholeBody(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function within<Value>(work: Promise<Value>, ms: number): Promise<Value | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
