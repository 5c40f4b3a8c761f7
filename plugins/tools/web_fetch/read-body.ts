/** The bytes of a body: as many as are wanted, for as long as there is time. What is missing is told, not thrown. */

/** Without the time that the owner took to answer: it starts with the body. */
const BODY_MS = 30_000;

export interface Body {
  readonly bytes: Uint8Array;
  /** Why it goes on beyond `bytes`, as words that follow "the page"; null if it is whole. */
  readonly cut: string | null;
}

export async function readBody({ body }: Response, maxBytes: number, bodyMs = BODY_MS): Promise<Body> {
  if (body === null) return { bytes: new Uint8Array(0), cut: null };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void reader.cancel().catch(() => undefined);
  }, bodyMs);
  try {
    while (length < maxBytes) {
      const { value, done } = await reader.read();
      if (done)
        return { bytes: joined(chunks, length), cut: late ? `took more than ${bodyMs / 1000} s` : null };
      chunks.push(value);
      length += value.byteLength;
    }
  } finally {
    clearTimeout(timer);
  }
  const { done } = await reader.read();
  if (!done) await reader.cancel();
  const bytes = joined(chunks, length).subarray(0, maxBytes);
  return { bytes, cut: done && length === maxBytes ? null : `is larger than ${maxBytes / 1024 / 1024} MiB` };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
