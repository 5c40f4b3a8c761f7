/**
 * Compression for isolates, by Node's zlib: streams that give their output in pieces, each asked for, so that
 * what a few bytes unpack to never lies here at once; and small inputs unpacked at once.
 *
 * Why it is native and no library in the isolate stands in `host/edge/compression-streams.ts`.
 */
import * as zlib from "node:zlib";
import * as v from "valibot";
import { NATIVE } from "#host/base/limits.ts";
import { NativeState } from "./native-handles.ts";
import { defineOperation, NativeRefusal, type NativeAnswer } from "./native-operation.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Kinds = v.picklist([
  "gzip",
  "gunzip",
  "deflate",
  "inflate",
  "deflateRaw",
  "inflateRaw",
  "unzip",
  "brotliCompress",
  "brotliDecompress",
]);
type Kind = v.InferOutput<typeof Kinds>;

const small = v.pipe(v.number(), v.safeInteger(), v.minValue(-1), v.maxValue(64));
const Options = v.strictObject({
  level: v.optional(small),
  windowBits: v.optional(small),
  memLevel: v.optional(small),
  strategy: v.optional(small),
  flush: v.optional(small),
  finishFlush: v.optional(small),
  /** Brotli's: mode, quality and window. A larger window than the standard's is not there. */
  mode: v.optional(v.pipe(count, v.maxValue(2))),
  quality: v.optional(v.pipe(count, v.maxValue(11))),
  window: v.optional(v.pipe(count, v.minValue(10), v.maxValue(22))),
  /** Whether bytes after the end are an error. */
  strictEnd: v.optional(v.boolean(), false),
});
type Options = v.InferOutput<typeof Options>;

type Stream = zlib.Gunzip & { readonly _closed?: boolean };

const CREATE: Readonly<Record<Kind, (options: zlib.ZlibOptions & zlib.BrotliOptions) => unknown>> = {
  gzip: zlib.createGzip,
  gunzip: zlib.createGunzip,
  deflate: zlib.createDeflate,
  inflate: zlib.createInflate,
  deflateRaw: zlib.createDeflateRaw,
  inflateRaw: zlib.createInflateRaw,
  unzip: zlib.createUnzip,
  brotliCompress: zlib.createBrotliCompress,
  brotliDecompress: zlib.createBrotliDecompress,
};

const CHUNK_BYTES = 64 * 1024;

function toNode(kind: Kind, options: Options, dictionary: Uint8Array | undefined): zlib.ZlibOptions {
  const { mode, quality, window = 22, strictEnd, ...plain } = options;
  const params = {
    ...(mode === undefined ? {} : { [zlib.constants.BROTLI_PARAM_MODE]: mode }),
    ...(quality === undefined ? {} : { [zlib.constants.BROTLI_PARAM_QUALITY]: quality }),
    [zlib.constants.BROTLI_PARAM_LGWIN]: window,
  };
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  return {
    ...given,
    chunkSize: CHUNK_BYTES,
    rejectGarbageAfterEnd: strictEnd,
    ...(dictionary === undefined ? {} : { dictionary: Buffer.from(dictionary) }),
    ...(kind === "brotliCompress" ? { params } : {}),
  } as zlib.ZlibOptions;
}

class ZlibState extends NativeState {
  readonly #stream: Stream;
  #failure: unknown = null;
  #busy = false;
  /** What was given is worked off: all that it yields can be read. */
  #settled = true;
  #wake = Promise.withResolvers<void>();

  constructor(kind: Kind, options: Options, dictionary: Uint8Array | undefined) {
    super();
    this.#stream = CREATE[kind](toNode(kind, options, dictionary)) as Stream;
    this.#stream.on("error", (error) => {
      this.#failure = error;
      this.#signal();
    });
    for (const event of ["readable", "end"]) this.#stream.on(event, () => this.#signal());
    // Whatever was still to come does not come any more.
    this.#stream.on("close", () => {
      this.#settled = true;
      this.#signal();
    });
  }

  /** Gives bytes and answers the first piece of what they yield. */
  write(data: Uint8Array, end: boolean, flush: number | undefined): Promise<NativeAnswer> {
    return this.#alone(() => {
      if (!this.#settled) throw new NativeRefusal("The last bytes are not worked off", "InvalidStateError");
      this.#settled = false;
      const settle = () => {
        this.#settled = true;
        this.#signal();
      };
      if (end) this.#stream.once("end", settle).end(data);
      else if (flush === undefined) this.#stream.write(data, settle);
      else this.#stream.write(data, () => this.#stream.flush(flush, settle));
      return this.#piece();
    });
  }

  /** The next piece. */
  read(): Promise<NativeAnswer> {
    return this.#alone(() => this.#piece());
  }

  override close(): void {
    this.#failure ??= new NativeRefusal("It was closed", "AbortError");
    this.#stream.destroy();
    this.#signal();
  }

  async #alone(work: () => Promise<NativeAnswer>): Promise<NativeAnswer> {
    if (this.#busy) throw new NativeRefusal("It is at work", "InvalidStateError");
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /** `value` says whether there is more to read. */
  async #piece(): Promise<NativeAnswer> {
    const parts: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) {
        bytes += chunk.byteLength;
        parts.push(chunk);
        if (bytes >= NATIVE.pieceBytes) return { value: true, bytes: Buffer.concat(parts) };
      } else if (this.#failure !== null) {
        if (bytes === 0) throw this.#failure;
        return { value: true, bytes: Buffer.concat(parts) };
      } else if (this.#settled) {
        return { value: false, bytes: Buffer.concat(parts) };
      } else {
        await this.#wake.promise;
      }
    }
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

const State = v.strictObject({ state: count });

export const zlibOperations = {
  "zlib.open": defineOperation({
    args: v.strictObject({ kind: Kinds, options: Options }),
    optional: ["dictionary"],
    run({ kind, options }, { dictionary }, { states }) {
      const weight = kind === "brotliCompress" ? NATIVE.brotliStates : 1;
      states.check(weight);
      return { value: states.add(new ZlibState(kind, options, dictionary), weight) };
    },
  }),
  /** Small input unpacked to small output; a larger output fails with `ERR_BUFFER_TOO_LARGE`. */
  "zlib.unpack": defineOperation({
    args: v.strictObject({
      kind: v.picklist(["gunzip", "inflate", "inflateRaw", "unzip"]),
      options: Options,
    }),
    parts: ["data"],
    optional: ["dictionary"],
    run({ kind, options }, { data, dictionary }) {
      if (data.byteLength > NATIVE.onceBytes) throw new NativeRefusal("Too many bytes to unpack at once");
      const given = { ...toNode(kind, options, dictionary), maxOutputLength: NATIVE.pieceBytes };
      return { bytes: zlib[`${kind}Sync`](data, given) };
    },
  }),
};

export const zlibJobs = {
  "zlib.write": defineOperation({
    args: v.strictObject({ state: count, end: v.boolean(), flush: v.optional(small) }),
    parts: ["data"],
    run: ({ state, end, flush }, { data }, handles) =>
      handles.state(state, ZlibState).write(data, end, flush),
  }),
  "zlib.read": defineOperation({
    args: State,
    run: ({ state }, _parts, handles) => handles.state(state, ZlibState).read(),
  }),
};
