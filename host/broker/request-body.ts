/**
 * The body of a request, streamed as the plugin sends it.
 *
 * A redirect may want it a second time: a small body is kept for that while it goes out; a large one is not,
 * and such a redirect fails.
 */
import { Readable } from "node:stream";

export interface RequestBody {
  /** The bytes for one hop. Null if they were let through once and not kept whole. */
  open(): Readable | null;
}

export function createRequestBody(source: AsyncIterable<Uint8Array>, maxKeptBytes: number): RequestBody {
  let kept: Uint8Array[] | null = [];
  let state: "unread" | "reading" | "read" = "unread";
  async function* firstTime() {
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxKeptBytes) kept = null;
      kept?.push(chunk);
      yield chunk;
    }
    state = "read";
  }
  return {
    open() {
      if (state === "unread") {
        state = "reading";
        return Readable.from(firstTime(), { objectMode: false });
      }
      return state === "read" && kept !== null ? Readable.from(kept, { objectMode: false }) : null;
    },
  };
}
