/** `createReadStream` and `createWriteStream`: a file is read whole, then streamed; written whole when it ends. */
import stream from "node:stream";
import { encoded } from "./fs-values.ts";

interface Files {
  readFile(path: unknown): Promise<unknown>;
  writeFile(path: unknown, data: Uint8Array, options: { flag: string }): Promise<unknown>;
}

interface ReadOptions {
  readonly start?: number;
  /** Inclusive, as Node's. */
  readonly end?: number;
  readonly encoding?: BufferEncoding;
  readonly highWaterMark?: number;
}

const CHUNK_BYTES = 64 * 1024;

export function createStreams(files: Files) {
  function createReadStream(path: unknown, given: ReadOptions | BufferEncoding = {}) {
    const options = typeof given === "string" ? { encoding: given } : given;
    const { start = 0, end = Infinity, highWaterMark = CHUNK_BYTES, encoding } = options;
    async function* chunks() {
      const bytes = (await files.readFile(path)) as Buffer;
      const stop = Math.min(bytes.length, end + 1);
      for (let at = start; at < stop; at += highWaterMark)
        yield bytes.subarray(at, Math.min(at + highWaterMark, stop));
    }
    const readable = stream.Readable.from(chunks(), { objectMode: false });
    if (encoding !== undefined) readable.setEncoding(encoding);
    queueMicrotask(() => readable.emit("open", 0));
    return Object.assign(readable, { path, close: () => readable.destroy() });
  }

  function createWriteStream(path: unknown, { flags = "w" }: { readonly flags?: string } = {}) {
    const parts: Uint8Array[] = [];
    const writable = new stream.Writable({
      write(chunk, encoding, done) {
        parts.push(encoded(chunk, encoding));
        done();
      },
      final(done) {
        files.writeFile(path, Buffer.concat(parts), { flag: flags }).then(() => done(), done);
      },
    });
    queueMicrotask(() => writable.emit("open", 0));
    return Object.assign(writable, {
      path,
      get bytesWritten() {
        return parts.reduce((sum, part) => sum + part.byteLength, 0);
      },
      close: (done?: () => void) => writable.end(done),
    });
  }

  return { createReadStream, createWriteStream };
}
