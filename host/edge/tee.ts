/**
 * What a clone of a Request or a Response reads: the same stream, with chunks of its own (Fetch standard, section 2.2.4).
 * The build leads undici here.
 */
import { ReadableByteStreamController, type ReadableStream } from "web-streams-polyfill";
import { carryReadable } from "./platform-clones.ts";

export function teeWithCopies(stream: ReadableStream): readonly [ReadableStream, ReadableStream] {
  const [first, second] = stream.tee();
  return [first, hasBytes(stream) ? second : carryReadable(second)];
}

/** A stream of bytes copies its chunks by itself, and its reader may want it as one. */
function hasBytes(stream: ReadableStream): boolean {
  const controller: unknown = Reflect.get(stream, "_readableStreamController");
  return controller instanceof ReadableByteStreamController;
}
