/**
 * `node:zlib` in an isolate, over zlib and Brotli in the child.
 *
 * The Sync functions make this isolate alone stand still. What unpacks to more than the isolate's memory fails there.
 * Not there: Zstandard, `params`, `reset`.
 */
import { bytesOf, coded, settle, type Callback } from "./native-work.ts";
import { Codec, Collected, startOf, unpackedAtOnce, type Kind, type ZlibOptions } from "./zlib-codec.ts";
import { constants } from "./zlib-constants.ts";
import {
  BrotliCompress,
  BrotliDecompress,
  Deflate,
  DeflateRaw,
  Gunzip,
  Gzip,
  Inflate,
  InflateRaw,
  Unzip,
} from "./zlib-streams.ts";

type Source = string | ArrayBuffer | ArrayBufferView;

function now(kind: Kind) {
  return function workNow(data: Source, options: ZlibOptions = {}): Buffer {
    const bytes = bytesOf(data, "buffer");
    const start = startOf(kind, options);
    const small = unpackedAtOnce(start, bytes, options.maxOutputLength);
    if (small !== null) return small;
    const collected = new Collected(options.maxOutputLength);
    const codec = new Codec(start);
    try {
      codec.workNow(bytes, true, collected.add);
    } finally {
      codec.close();
    }
    return collected.all();
  };
}

function later(kind: Kind) {
  return function work(data: Source, ...rest: unknown[]): void {
    const callback = rest.pop() as Callback<Buffer>;
    settle(workLater(kind, bytesOf(data, "buffer").slice(), (rest[0] ?? {}) as ZlibOptions), callback);
  };
}

async function workLater(kind: Kind, bytes: Uint8Array, options: ZlibOptions): Promise<Buffer> {
  const collected = new Collected(options.maxOutputLength);
  const codec = new Codec(startOf(kind, options));
  try {
    await codec.work(bytes, true, undefined, collected.add);
  } finally {
    codec.close();
  }
  return collected.all();
}

/** A class that Node lets call without `new`. */
function maker<Made>(Class: new (options?: ZlibOptions) => Made) {
  return (options?: ZlibOptions): Made => new Class(options);
}

const TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(data: Source, before = 0): number {
  let value = ~before;
  for (const byte of bytesOf(data)) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return ~value >>> 0;
}

function absent(name: string) {
  return function missing(): never {
    throw coded(
      "ERR_METHOD_NOT_IMPLEMENTED",
      `Cannot use zlib.${name} in an isolate: Zstandard is not there`,
    );
  };
}

export default {
  ...constants,
  constants,
  crc32,
  BrotliCompress,
  BrotliDecompress,
  Deflate,
  DeflateRaw,
  Gunzip,
  Gzip,
  Inflate,
  InflateRaw,
  Unzip,
  createBrotliCompress: maker(BrotliCompress),
  createBrotliDecompress: maker(BrotliDecompress),
  createDeflate: maker(Deflate),
  createDeflateRaw: maker(DeflateRaw),
  createGunzip: maker(Gunzip),
  createGzip: maker(Gzip),
  createInflate: maker(Inflate),
  createInflateRaw: maker(InflateRaw),
  createUnzip: maker(Unzip),
  createZstdCompress: absent("createZstdCompress"),
  createZstdDecompress: absent("createZstdDecompress"),
  brotliCompress: later("brotliCompress"),
  brotliCompressSync: now("brotliCompress"),
  brotliDecompress: later("brotliDecompress"),
  brotliDecompressSync: now("brotliDecompress"),
  deflate: later("deflate"),
  deflateRaw: later("deflateRaw"),
  deflateRawSync: now("deflateRaw"),
  deflateSync: now("deflate"),
  gunzip: later("gunzip"),
  gunzipSync: now("gunzip"),
  gzip: later("gzip"),
  gzipSync: now("gzip"),
  inflate: later("inflate"),
  inflateRaw: later("inflateRaw"),
  inflateRawSync: now("inflateRaw"),
  inflateSync: now("inflate"),
  unzip: later("unzip"),
  unzipSync: now("unzip"),
};
