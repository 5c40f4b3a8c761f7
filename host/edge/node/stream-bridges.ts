/** `Readable.fromWeb`, `toWeb` and their like. Back-pressure and errors pass both ways. */
import Stream from "readable-stream/lib/ours/browser.js";
import type { Duplex, Readable, Writable } from "node:stream";

const { finished } = Stream;

export function readableFromWeb(source: ReadableStream, options: object = {}): Readable {
  const reader = source.getReader();
  const stream = new Stream.Readable({
    ...options,
    read() {
      reader.read().then(
        ({ value, done }) => void stream.push(done ? null : value),
        (error: Error) => void stream.destroy(error),
      );
    },
    destroy(error, done) {
      reader.cancel(error ?? undefined).then(
        () => done(error),
        () => done(error),
      );
    },
  });
  return stream;
}

export function readableToWeb(stream: Readable): ReadableStream {
  const objects = stream.readableObjectMode;
  return new ReadableStream({
    start(controller) {
      stream.pause();
      stream.on("data", (chunk: unknown) => {
        // A plain Uint8Array: web code does not expect Buffer's ways.
        controller.enqueue(chunk instanceof Uint8Array && !objects ? new Uint8Array(chunk) : chunk);
        if ((controller.desiredSize ?? 0) <= 0) stream.pause();
      });
      stream.pause();
      finished(stream, { writable: false }, (error) => {
        if (error === null || error === undefined) controller.close();
        else controller.error(error);
      });
    },
    pull: () => void stream.resume(),
    cancel: (reason) => void stream.destroy(reason as Error),
  });
}

export function writableFromWeb(target: WritableStream, options: object = {}): Writable {
  const writer = target.getWriter();
  return new Stream.Writable({
    ...options,
    write(chunk, _encoding, done) {
      writer.ready.then(() => writer.write(chunk)).then(() => done(), done);
    },
    final(done) {
      writer.close().then(() => done(), done);
    },
    destroy(error, done) {
      if (error === null) return done(null);
      writer.abort(error).then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

export function writableToWeb(stream: Writable): WritableStream {
  return new WritableStream({
    start(controller) {
      stream.on("error", (error) => controller.error(error));
    },
    write: (chunk) =>
      new Promise((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve()))),
    close: () => new Promise((resolve) => stream.end(resolve)),
    abort: (reason) => void stream.destroy(reason as Error),
  });
}

interface Pair {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

export function duplexFromWeb({ readable, writable }: Pair): Duplex {
  return Stream.Duplex.from({
    readable: readableFromWeb(readable),
    writable: writableFromWeb(writable),
  } as never);
}

export function duplexToWeb(stream: Duplex): Pair {
  return { readable: readableToWeb(stream), writable: writableToWeb(stream) };
}
