/**
 * Bodies of requests to the gateway itself, read before anybody answers.
 *
 * Guarantees that one has so many bytes and so much time in all, whatever its head says and however it trickles: a
 * client that sends a byte now and then is answered and cut off. Asked for only where a body is wanted.
 */
import type { MiddlewareHandler } from "hono";

export interface BodyBounds {
  readonly maxBytes: number;
  /** For the whole body. */
  readonly ms: number;
}

export function boundedBody(bounds: BodyBounds): MiddlewareHandler {
  return async (c, next) => {
    const { body, headers, method, signal } = c.req.raw;
    if (body === null) return next();
    const read =
      Number(headers.get("content-length") ?? 0) > bounds.maxBytes ? TOO_LARGE : await readAll(body, bounds);
    if (read instanceof Uint8Array) {
      c.req.raw = new Request(c.req.url, { method, headers, signal, body: read });
      return next();
    }
    // Nobody reads the rest of it.
    c.header("Connection", "close");
    const [status, type, rule] = read;
    return c.json({ error: { type, message: `A body ${rule(bounds)}` } }, status);
  };
}

type Refusal = readonly [status: 408 | 413, type: string, rule: (bounds: BodyBounds) => string];

const TOO_LARGE: Refusal = [413, "too_large", ({ maxBytes }) => `may have ${maxBytes} bytes`];
const TOO_SLOW: Refusal = [408, "too_slow", ({ ms }) => `has to arrive within ${ms / 1000} s`];

async function readAll(body: ReadableStream<Uint8Array>, { maxBytes, ms }: BodyBounds) {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let stop: (refusal: Refusal) => void = () => undefined;
  const stopped = new Promise<Refusal>((resolve) => (stop = resolve));
  const timer = setTimeout(() => stop(TOO_SLOW), ms);
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), stopped]);
      if (!("done" in next)) return refused(reader, next);
      if (next.done) return Buffer.concat(chunks);
      size += next.value.byteLength;
      if (size > maxBytes) return refused(reader, TOO_LARGE);
      chunks.push(next.value);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Not waited for: some runtimes cancel a request's body only when its client is gone. */
function refused(reader: { cancel(): Promise<void> }, refusal: Refusal): Refusal {
  reader.cancel().catch(() => undefined);
  return refusal;
}
