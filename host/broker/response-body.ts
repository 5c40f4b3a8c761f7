/**
 * The body of an answer: decompressed as fetch does, as fast as the plugin reads it, never past its cap.
 *
 * The cap counts what comes in and what comes out of decompression, so that neither a bomb nor an endless
 * compressed nothing gets far.
 */
import { pipeline, Readable, type Duplex } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import { aborted, EffectError } from "./failure.ts";
import { networkError } from "./network-error.ts";
import { ownedStream } from "./owned-stream.ts";

export interface ResponseBodyOptions {
  /** The host as the plugin named it, for messages. */
  readonly host: string;
  /** The value of `content-encoding`; empty for none. */
  readonly encoding: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Codings of one body; more than this is a trick (CVE-2022-32206). */
const MAX_CODINGS = 5;

type Chunks = AsyncIterable<Uint8Array>;

// As browsers do, a stream that ends early gives what it has.
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** RFC 9659: a window of more than 8 MiB is no content coding. An answer may otherwise hold 128 MiB of the host's memory. */
const LENIENT_ZSTD = {
  finishFlush: constants.ZSTD_e_continue,
  params: { [constants.ZSTD_d_windowLogMax]: 23 },
};

const DECODERS: Partial<Record<string, (compressed: Chunks) => Chunks>> = {
  gzip: (compressed) => through(compressed, createGunzip(LENIENT)),
  "x-gzip": (compressed) => through(compressed, createGunzip(LENIENT)),
  deflate: inflate,
  br: (compressed) => through(compressed, createBrotliDecompress(LENIENT_BROTLI)),
  zstd: (compressed) => through(compressed, createZstdDecompress(LENIENT_ZSTD)),
};

export function responseBody(
  source: Readable,
  options: ResponseBodyOptions,
): AsyncIterableIterator<Uint8Array> {
  const { host, maxBytes, signal } = options;
  const plain = decode(source, options);
  const reader = capped(plain, host, maxBytes);
  const next = async () => {
    try {
      const result = await reader.next();
      return result.done === true ? null : result.value;
    } catch (thrown) {
      throw signal.aborted ? aborted() : networkError(`Cannot read the answer of "${host}"`, thrown);
    }
  };
  const release = () => void source.on("error", () => undefined).destroy();
  return ownedStream(next, release, signal);
}

function decode(source: Readable, { host, encoding, maxBytes }: ResponseBodyOptions): Chunks {
  const codings = encoding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length > MAX_CODINGS) {
    throw new EffectError(
      "network",
      `Cannot read the answer of "${host}": ${codings.length} content codings`,
    );
  }
  const decoders = codings.flatMap((coding) => DECODERS[coding] ?? []);
  // Like fetch: a coding that is not known is left to the reader.
  if (decoders.length < codings.length) return source;
  return decoders.reduceRight<Chunks>(
    (compressed, decoder) => decoder(capped(compressed, host, maxBytes)),
    source,
  );
}

function through(compressed: Chunks, decoder: Duplex): Chunks {
  return pipeline(Readable.from(compressed, { objectMode: false }), decoder, () => undefined);
}

/** `deflate` is zlib's format, and some servers leave its header out. Browsers take both. */
async function* inflate(compressed: Chunks): Chunks {
  const chunks = compressed[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const hasHeader = ((first.value[0] ?? 0) & 0x0f) === 8;
  async function* all() {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  yield* through(all(), hasHeader ? createInflate(LENIENT) : createInflateRaw(LENIENT));
}

async function* capped(
  source: AsyncIterable<Uint8Array>,
  host: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new EffectError(
        "too-large",
        `Cannot read more of "${host}": its answer is larger than ${maxBytes} bytes`,
      );
    }
    yield chunk;
  }
}
