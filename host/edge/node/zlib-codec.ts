/** One zlib or Brotli stream in the child, as the shims of `node:zlib` drive it: waited for, or piece by piece. */
import { Buffer } from "node:buffer";
import { bufferOf, bytesOf, coded, native } from "./native-work.ts";
import { constants } from "./zlib-constants.ts";

export type Kind =
  | "gzip"
  | "gunzip"
  | "deflate"
  | "inflate"
  | "deflateRaw"
  | "inflateRaw"
  | "unzip"
  | "brotliCompress"
  | "brotliDecompress";

export interface ZlibOptions {
  readonly flush?: number;
  readonly finishFlush?: number;
  readonly chunkSize?: number;
  readonly windowBits?: number;
  readonly level?: number;
  readonly memLevel?: number;
  readonly strategy?: number;
  readonly dictionary?: unknown;
  readonly info?: boolean;
  readonly maxOutputLength?: number;
  readonly params?: Readonly<Record<number, number>>;
}

/** Of one job: longer data goes in parts. */
const PART_BYTES = 1024 * 1024;
const NUMBERS = ["flush", "finishFlush", "windowBits", "level", "memLevel", "strategy"] as const;

interface Start {
  readonly args: { readonly kind: Kind; readonly options: Readonly<Record<string, number>> };
  readonly dictionary: Uint8Array | undefined;
}

export function startOf(kind: Kind, given: ZlibOptions): Start {
  const options: Record<string, number> = {};
  const numbers = kind.startsWith("brotli") ? (["flush", "finishFlush"] as const) : NUMBERS;
  for (const name of numbers) {
    const value = given[name];
    if (value !== undefined) options[name] = Number(value);
  }
  const { BROTLI_PARAM_MODE, BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = constants;
  const {
    [BROTLI_PARAM_MODE]: mode,
    [BROTLI_PARAM_QUALITY]: quality,
    [BROTLI_PARAM_LGWIN]: window,
  } = given.params ?? {};
  if (mode !== undefined) options.mode = mode;
  if (quality !== undefined) options.quality = quality;
  if (window !== undefined) options.window = Math.min(window, 22);
  const dictionary =
    given.dictionary === undefined ? undefined : bytesOf(given.dictionary, "options.dictionary");
  return { args: { kind, options }, dictionary };
}

export class Codec {
  #state: number | null;

  constructor({ args, dictionary }: Start) {
    this.#state = native.now("zlib.open", args, { dictionary }).value as number;
    native.hold(this, "states", this.#state);
  }

  /** Hands on each piece of what the data yields. */
  async work(
    data: Uint8Array,
    end: boolean,
    flush: number | undefined,
    hand: (piece: Buffer) => void,
  ): Promise<void> {
    for (const [part, args] of this.#writes(data, end, flush)) {
      let { value: more, bytes } = await native.job("zlib.write", args, { data: part });
      for (;;) {
        if (bytes.byteLength > 0) hand(bufferOf(bytes));
        if (more !== true) break;
        ({ value: more, bytes } = await native.job("zlib.read", { state: args.state }));
      }
    }
  }

  /** The same without a pause: this isolate stands still. */
  workNow(data: Uint8Array, end: boolean, hand: (piece: Buffer) => void): void {
    for (const [part, args] of this.#writes(data, end, undefined)) {
      let { value: more, bytes } = native.wait("zlib.write", args, { data: part });
      for (;;) {
        if (bytes.byteLength > 0) hand(bufferOf(bytes));
        if (more !== true) break;
        ({ value: more, bytes } = native.wait("zlib.read", { state: args.state }));
      }
    }
  }

  close(): void {
    if (this.#state !== null) native.free(this, "states", this.#state);
    this.#state = null;
  }

  *#writes(data: Uint8Array, end: boolean, flush: number | undefined) {
    const state = this.#state;
    if (state === null) throw coded("ERR_STREAM_DESTROYED", "Cannot work on: the stream was closed");
    for (let at = 0; at === 0 || at < data.byteLength; at += PART_BYTES) {
      const isLast = at + PART_BYTES >= data.byteLength;
      const args = { state, end: end && isLast, ...(flush !== undefined && isLast ? { flush } : {}) };
      yield [data.subarray(at, at + PART_BYTES), args] as const;
    }
  }
}

/** Collects what comes out, up to a bound: what it may unpack to is more than fits. */
export class Collected {
  readonly #parts: Buffer[] = [];
  readonly #most: number;
  #bytes = 0;

  constructor(most = 2 ** 31 - 1) {
    this.#most = most;
  }

  readonly add = (piece: Buffer): void => {
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#most) {
      const message = `Cannot create a Buffer larger than ${this.#most} bytes`;
      throw Object.assign(new RangeError(message), { code: "ERR_BUFFER_TOO_LARGE" });
    }
    this.#parts.push(piece);
  };

  all(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const SMALL_KINDS = new Set<Kind>(["gunzip", "inflate", "inflateRaw", "unzip"]);

/** Small data that unpacks to something small, in one go; null where it is not that small. */
export function unpackedAtOnce({ args, dictionary }: Start, data: Uint8Array, most?: number): Buffer | null {
  if (!SMALL_KINDS.has(args.kind) || data.byteLength > native.limits().onceBytes) return null;
  try {
    const bytes = bufferOf(native.now("zlib.unpack", args, { data, dictionary }).bytes);
    if (bytes.byteLength <= (most ?? Infinity)) return bytes;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_BUFFER_TOO_LARGE") throw error;
  }
  return null;
}
