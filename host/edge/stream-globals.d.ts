/** The stream classes as globals, for the types that plugin authors see. */
import type * as streams from "web-streams-polyfill";

declare global {
  type ReadableStream<Chunk = unknown> = streams.ReadableStream<Chunk>;
  type WritableStream<Chunk = unknown> = streams.WritableStream<Chunk>;
}
