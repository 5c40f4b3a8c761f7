/** The classes of `node:zlib`: transforms over one stream in the child. */
import { Buffer } from "node:buffer";
import { Transform, type TransformCallback } from "node:stream";
import { bytesOf } from "./native-work.ts";
import { Codec, startOf, type Kind, type ZlibOptions } from "./zlib-codec.ts";
import { constants } from "./zlib-constants.ts";

/** A flush stands in line with what is written: an empty chunk, and how it flushes. */
const marks = new WeakMap<object, number>();

class ZlibBase extends Transform {
  readonly #codec: Codec;
  readonly #defaultFlush: number;
  bytesWritten = 0;

  constructor(kind: Kind, options: ZlibOptions = {}) {
    super(options as object);
    this.#codec = new Codec(startOf(kind, options));
    this.#defaultFlush = kind.startsWith("brotli")
      ? constants.BROTLI_OPERATION_FLUSH
      : constants.Z_FULL_FLUSH;
  }

  /** Makes what was given so far come out. */
  flush(...given: unknown[]): void {
    const callback = given.find((value) => typeof value === "function") as
      ((error?: Error) => void) | undefined;
    const kind = typeof given[0] === "number" ? given[0] : this.#defaultFlush;
    const mark = Buffer.alloc(0);
    marks.set(mark, kind);
    this.write(mark, callback as never);
  }

  close(callback?: () => void): void {
    if (callback !== undefined) this.once("close", callback);
    this.destroy();
  }

  override _transform(chunk: unknown, encoding: string, callback: TransformCallback): void {
    const flush = marks.get(chunk as object);
    const bytes = bytesOf(chunk, "chunk", encoding).slice();
    this.bytesWritten += bytes.byteLength;
    this.#work(bytes, false, flush, callback);
  }

  override _flush(callback: TransformCallback): void {
    this.#work(new Uint8Array(0), true, undefined, callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#codec.close();
    callback(error);
  }

  #work(data: Uint8Array, end: boolean, flush: number | undefined, callback: TransformCallback): void {
    void this.#settle(
      this.#codec.work(data, end, flush, (piece) => this.push(piece)),
      callback,
    );
  }

  async #settle(working: Promise<void>, callback: TransformCallback): Promise<void> {
    try {
      await working;
      queueMicrotask(() => callback());
    } catch (error) {
      if (!this.destroyed) queueMicrotask(() => callback(error as Error));
    }
  }
}

function classOf(kind: Kind) {
  return class extends ZlibBase {
    constructor(options?: ZlibOptions) {
      super(kind, options);
    }
  };
}

export const Gzip = classOf("gzip");
export const Gunzip = classOf("gunzip");
export const Deflate = classOf("deflate");
export const Inflate = classOf("inflate");
export const DeflateRaw = classOf("deflateRaw");
export const InflateRaw = classOf("inflateRaw");
export const Unzip = classOf("unzip");
export const BrotliCompress = classOf("brotliCompress");
export const BrotliDecompress = classOf("brotliDecompress");
