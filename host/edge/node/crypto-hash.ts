/**
 * `Hash` and `Hmac`: streams, and `update` and `digest`. Short data is kept here and done in one go; a state in the
 * child is opened only for what is longer.
 */
import { Transform, type TransformCallback } from "node:stream";
import { KeyObject } from "./crypto-key-object.ts";
import { bytesOf, coded, native, output, pieces, type Data } from "./native-work.ts";

const FINALIZED = "ERR_CRYPTO_HASH_FINALIZED";

interface Start {
  readonly algorithm: string;
  readonly outputLength?: number;
  readonly key?: Uint8Array;
}

abstract class Digest extends Transform {
  #start: Start;
  #parts: Uint8Array[] = [];
  #kept = 0;
  #state: number | null = null;
  #done = false;

  constructor(start: Start, options?: object) {
    super(options);
    this.#start = start;
  }

  update(data: Data, encoding?: string): this {
    if (this.#done) throw coded(FINALIZED, "Digest already called");
    const bytes = bytesOf(data, "data", encoding);
    // A copy: the caller may change its bytes before they are worked on.
    if (this.#state === null && this.#kept + bytes.byteLength <= native.limits().syncBytes / 2) {
      this.#parts.push(bytes.slice());
      this.#kept += bytes.byteLength;
      return this;
    }
    const state = this.#open();
    for (const piece of pieces(bytes)) native.now("hash.update", { state }, { data: piece });
    return this;
  }

  protected finish(encoding?: unknown): Buffer | string {
    if (this.#done) throw coded(FINALIZED, "Digest already called");
    this.#done = true;
    if (this.#state === null) {
      const { key, ...args } = this.#start;
      return output(native.now("hash", args, { key, data: joined(this.#parts) }).bytes, encoding);
    }
    native.forget(this);
    return output(native.now("hash.digest", { state: this.#state }).bytes, encoding);
  }

  /** Takes over what another one has been given. */
  protected copyFrom(other: Digest): void {
    if (other.#done) throw coded(FINALIZED, "Digest already called");
    this.#start = other.#start;
    this.#parts = [...other.#parts];
    this.#kept = other.#kept;
    if (other.#state === null) return;
    this.#hold(native.now("hash.copy", { state: other.#state }).value as number);
  }

  #open(): number {
    if (this.#state !== null) return this.#state;
    const { key, ...args } = this.#start;
    const state = this.#hold(native.now("hash.open", args, { key }).value as number);
    for (const part of this.#parts) native.now("hash.update", { state }, { data: part });
    this.#parts = [];
    return state;
  }

  #hold(state: number): number {
    this.#state = state;
    native.hold(this, "states", state);
    return state;
  }

  override _transform(chunk: Data, encoding: string, callback: TransformCallback): void {
    this.update(chunk, encoding);
    callback();
  }

  override _flush(callback: TransformCallback): void {
    this.push(this.finish());
    callback();
  }
}

export class Hash extends Digest {
  copy(options?: object): Hash {
    const copy = new Hash({ algorithm: "" }, options);
    copy.copyFrom(this);
    return copy;
  }

  digest(): Buffer;
  digest(encoding: string): string;
  digest(encoding?: string): Buffer | string {
    return this.finish(encoding);
  }
}

export class Hmac extends Digest {
  digest(): Buffer;
  digest(encoding: string): string;
  digest(encoding?: string): Buffer | string {
    return this.finish(encoding);
  }
}

export function createHash(algorithm: string, options?: { readonly outputLength?: number }): Hash {
  checkAlgorithm(algorithm);
  const { outputLength } = options ?? {};
  return new Hash({ algorithm, ...(outputLength === undefined ? {} : { outputLength }) }, options);
}

export function createHmac(algorithm: string, key: Data | KeyObject, options?: { encoding?: string }): Hmac {
  checkAlgorithm(algorithm);
  const bytes = key instanceof KeyObject ? key.secretBytes() : bytesOf(key, "key", options?.encoding);
  return new Hmac({ algorithm, key: bytes.slice() }, options);
}

/** Node's one-shot `hash`. */
export function hash(algorithm: string, data: Data, outputEncoding: unknown = "hex"): Buffer | string {
  const made = createHash(algorithm).update(data).digest();
  return output(made, outputEncoding);
}

const seen = new Set<string>();

/** Node refuses an unknown algorithm when the hash is made and not when it is used. */
function checkAlgorithm(algorithm: unknown): void {
  if (seen.has(algorithm as string)) return;
  try {
    native.now("hash", { algorithm: String(algorithm) }, { data: new Uint8Array(0) });
  } catch {
    throw new Error("Digest method not supported");
  }
  seen.add(algorithm as string);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return Buffer.concat(parts);
}
