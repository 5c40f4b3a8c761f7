/** `createCipheriv` and `createDecipheriv`: streams, and `update` and `final`, over a state in the child. */
import { StringDecoder } from "node:string_decoder";
import { Transform, type TransformCallback } from "node:stream";
import { KeyObject } from "./crypto-key-object.ts";
import { bufferOf, bytesOf, coded, native, pieces, type Data } from "./native-work.ts";

interface CipherOptions {
  readonly authTagLength?: number;
}

/** Modes whose encryption makes a tag. */
const WITH_TAG = /-(?:gcm|ccm|ocb)$|poly1305$/i;

class CipherBase extends Transform {
  readonly #state: number;
  readonly #decrypt: boolean;
  readonly #makesTag: boolean;
  #decoder: StringDecoder | null = null;
  #tag: Buffer | null = null;
  #done = false;

  constructor(
    decrypt: boolean,
    algorithm: string,
    key: Data | KeyObject,
    iv: Data | null,
    options: CipherOptions,
  ) {
    super(options as object);
    this.#decrypt = decrypt;
    this.#makesTag = !decrypt && WITH_TAG.test(algorithm);
    const { authTagLength } = options;
    const args = { decrypt, algorithm, ...(authTagLength === undefined ? {} : { authTagLength }) };
    const parts = {
      key: key instanceof KeyObject ? key.secretBytes() : bytesOf(key, "key"),
      ...(iv === null ? {} : { iv: bytesOf(iv, "iv") }),
    };
    this.#state = native.now("cipher.open", args, parts).value as number;
    native.hold(this, "states", this.#state);
  }

  update(data: Data): Buffer;
  update(data: Data, inputEncoding: string | undefined): Buffer;
  update(data: Data, inputEncoding: string | undefined, outputEncoding: string): string;
  update(data: Data, inputEncoding?: string, outputEncoding?: string): Buffer | string {
    this.#checkOpen("update");
    const parts = [...pieces(bytesOf(data, "data", inputEncoding))].map(
      (piece) => native.now("cipher.update", { state: this.#state }, { data: piece }).bytes,
    );
    const [only] = parts;
    const bytes = only !== undefined && parts.length === 1 ? bufferOf(only) : Buffer.concat(parts);
    return outputEncoding === undefined || outputEncoding === "buffer"
      ? bytes
      : this.#text(bytes, outputEncoding);
  }

  final(): Buffer;
  final(outputEncoding: string): string;
  final(outputEncoding?: string): Buffer | string {
    this.#checkOpen("final");
    this.#done = true;
    const state = this.#state;
    try {
      const bytes = bufferOf(native.now("cipher.final", { state }).bytes);
      if (this.#makesTag) this.#tag = bufferOf(native.now("cipher.tag", { state }).bytes);
      if (outputEncoding === undefined || outputEncoding === "buffer") return bytes;
      return this.#text(bytes, outputEncoding) + (this.#decoder?.end() ?? "");
    } finally {
      native.free(this, "states", state);
    }
  }

  setAutoPadding(padding = true): this {
    this.#checkOpen("setAutoPadding");
    native.now("cipher.padding", { state: this.#state, padding: Boolean(padding) });
    return this;
  }

  setAAD(data: Data, options?: { readonly plaintextLength?: number; readonly encoding?: string }): this {
    this.#checkOpen("setAAD");
    const { plaintextLength, encoding } = options ?? {};
    const args = { state: this.#state, ...(plaintextLength === undefined ? {} : { plaintextLength }) };
    native.now("cipher.aad", args, { data: bytesOf(data, "buffer", encoding) });
    return this;
  }

  getAuthTag(): Buffer {
    if (this.#tag !== null) return this.#tag;
    throw coded("ERR_CRYPTO_INVALID_STATE", "Invalid state for operation getAuthTag");
  }

  setAuthTag(tag: Data, encoding?: string): this {
    if (!this.#decrypt) throw coded("ERR_CRYPTO_INVALID_STATE", "Invalid state for operation setAuthTag");
    this.#checkOpen("setAuthTag");
    native.now("cipher.setTag", { state: this.#state }, { tag: bytesOf(tag, "buffer", encoding) });
    return this;
  }

  /** Characters that a piece cuts in two are kept for the next. */
  #text(bytes: Buffer, encoding: string): string {
    this.#decoder ??= new StringDecoder(encoding as BufferEncoding);
    return this.#decoder.write(bytes);
  }

  #checkOpen(operation: string): void {
    if (this.#done) throw coded("ERR_CRYPTO_INVALID_STATE", `Invalid state for operation ${operation}`);
  }

  override _transform(chunk: Data, encoding: string, callback: TransformCallback): void {
    this.push(this.update(chunk, encoding));
    callback();
  }

  override _flush(callback: TransformCallback): void {
    try {
      this.push(this.final());
      callback();
    } catch (error) {
      callback(error as Error);
    }
  }
}

export class Cipheriv extends CipherBase {
  constructor(algorithm: string, key: Data | KeyObject, iv: Data | null, options: CipherOptions = {}) {
    super(false, algorithm, key, iv, options);
  }
}

export class Decipheriv extends CipherBase {
  constructor(algorithm: string, key: Data | KeyObject, iv: Data | null, options: CipherOptions = {}) {
    super(true, algorithm, key, iv, options);
  }
}

export function createCipheriv(
  algorithm: string,
  key: Data | KeyObject,
  iv: Data | null,
  options?: CipherOptions,
) {
  return new Cipheriv(algorithm, key, iv, options);
}

export function createDecipheriv(
  algorithm: string,
  key: Data | KeyObject,
  iv: Data | null,
  options?: CipherOptions,
) {
  return new Decipheriv(algorithm, key, iv, options);
}
