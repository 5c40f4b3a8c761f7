/** A process's streams, read and written without holding more than they hold themselves. */
import type { Readable, Writable } from "node:stream";

/**
 * When a process exits, Node empties those of its streams that nobody listens to. Whoever reads by pulling listens
 * only while it waits, so one that is to be read to its end gets a listener for good.
 */
export function keepForReader(stream: Readable): void {
  stream.on("readable", () => undefined);
}

/** Null at the end. What the stream holds stays there until it is asked for, and the writer waits. */
export async function nextChunk(stream: Readable): Promise<Buffer | null> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (chunk !== null) return chunk as Buffer;
    if (stream.readableEnded || stream.destroyed) return null;
    await anyOf(stream, ["readable", "end", "close", "error"]);
  }
}

/** Resolves when it can take more, or never will. False if it takes nothing any more. */
export async function writeChunk(stream: Writable, bytes: Uint8Array): Promise<boolean> {
  if (stream.destroyed) return false;
  if (!stream.write(bytes)) await anyOf(stream, ["drain", "close", "error"]);
  return !stream.destroyed;
}

/** Whatever comes first of two streams, in turn, until both have ended. */
export async function* readBoth<Name>(
  one: readonly [Name, Readable],
  other: readonly [Name, Readable],
): AsyncGenerator<readonly [Name, Buffer], void> {
  const read = async ([name, stream]: readonly [Name, Readable]) => ({
    name,
    stream,
    bytes: await nextChunk(stream),
  });
  const waiting = new Map([one, other].map((each) => [each[0], read(each)]));
  while (waiting.size > 0) {
    const { name, stream, bytes } = await Promise.race(waiting.values());
    waiting.delete(name);
    if (bytes === null) continue;
    yield [name, bytes];
    waiting.set(name, read([name, stream]));
  }
}

function anyOf(stream: Readable | Writable, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}
