/**
 * `KeyObject`: secret keys are bytes in this isolate, public and private ones stay in the child. Private keys under
 * a passphrase are not read and not written.
 */
import { Buffer } from "node:buffer";
import {
  bufferOf,
  bytesOf,
  coded,
  createCryptoKey,
  cryptoKeyHandle,
  invalidType,
  native,
  type Data,
} from "./native-work.ts";

type KeyType = "secret" | "public" | "private";

interface Kept {
  readonly key: number;
  readonly type: KeyType;
  readonly kind: string;
  readonly details: { readonly publicExponent?: string } & Readonly<Record<string, unknown>>;
}

interface ExportOptions {
  readonly format?: string;
  readonly type?: string;
  readonly cipher?: string;
  readonly passphrase?: unknown;
}

const MADE_HERE = Symbol("made here");

export class KeyObject {
  readonly type: KeyType;
  readonly #secret: Uint8Array | null;
  readonly #kept: Kept | null;

  constructor(mark: unknown, material: Uint8Array | Kept) {
    if (mark !== MADE_HERE) throw new TypeError("Illegal constructor");
    this.#secret = material instanceof Uint8Array ? material : null;
    this.#kept = material instanceof Uint8Array ? null : material;
    this.type = this.#kept?.type ?? "secret";
    if (this.#kept !== null) native.hold(this, "keys", this.#kept.key);
  }

  /** A CryptoKey that may be exported. */
  static from(key: unknown): KeyObject {
    const handle = cryptoKeyHandle(key);
    if (handle === undefined) throw invalidType("key", "an instance of CryptoKey", key);
    const { value, bytes } = native.now("key.fromCrypto", { key: handle });
    return new KeyObject(MADE_HERE, value === null ? bytes : (value as Kept));
  }

  get asymmetricKeyType(): string | undefined {
    return this.#kept?.kind;
  }

  get asymmetricKeyDetails(): object | undefined {
    if (this.#kept === null) return undefined;
    const { publicExponent, ...details } = this.#kept.details;
    return {
      ...details,
      ...(publicExponent === undefined ? {} : { publicExponent: BigInt(publicExponent) }),
    };
  }

  get symmetricKeySize(): number | undefined {
    return this.#secret?.byteLength;
  }

  secretBytes(): Uint8Array {
    if (this.#secret !== null) return this.#secret;
    throw coded(
      "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE",
      `Invalid key object type ${this.type}, expected secret.`,
    );
  }

  handle(wanted?: KeyType): number {
    if (this.#kept !== null && (wanted === undefined || this.type === wanted)) return this.#kept.key;
    const expected = wanted ?? "public or private";
    throw coded(
      "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE",
      `Invalid key object type ${this.type}, expected ${expected}.`,
    );
  }

  export(options: ExportOptions = {}): unknown {
    if (this.#secret !== null) {
      if (options.format !== "jwk") return Buffer.from(this.#secret);
      return { kty: "oct", k: bufferOf(this.#secret).toString("base64url") };
    }
    if (options.cipher !== undefined || options.passphrase !== undefined) throw noPassphrase();
    const { format = "pem", type } = options;
    const args = { key: this.handle(), format, ...(type === undefined ? {} : { encoding: type }) };
    const { value, bytes } = native.now("key.export", args);
    return value ?? bufferOf(bytes);
  }

  equals(other: KeyObject): boolean {
    if (this.type !== other.type || this.asymmetricKeyType !== other.asymmetricKeyType) return false;
    return JSON.stringify(this.export({ format: "jwk" })) === JSON.stringify(other.export({ format: "jwk" }));
  }

  toCryptoKey(
    algorithm: string | Readonly<Record<string, unknown>>,
    extractable: boolean,
    usages: string[],
  ): object {
    const { name, hash, namedCurve }: Readonly<Record<string, unknown>> =
      typeof algorithm === "string" ? { name: algorithm } : algorithm;
    if (this.#secret !== null) {
      throw coded("ERR_METHOD_NOT_IMPLEMENTED", "Use crypto.subtle.importKey for secret keys");
    }
    const hashName: unknown = typeof hash === "object" ? (hash as { name: unknown }).name : hash;
    const args = {
      key: this.handle(),
      algorithm: {
        name,
        ...(hashName === undefined ? {} : { hash: hashName }),
        ...(namedCurve === undefined ? {} : { namedCurve }),
      },
      extractable,
      usages,
    };
    return createCryptoKey(native.now("key.toCrypto", args).value);
  }

  get [Symbol.toStringTag](): string {
    return "KeyObject";
  }
}

export function keptKey(value: unknown): KeyObject {
  return new KeyObject(MADE_HERE, value as Kept);
}

export function createSecretKey(key: Data, encoding?: string): KeyObject {
  return new KeyObject(MADE_HERE, bytesOf(key, "key", encoding).slice());
}

interface KeyInput {
  readonly key: unknown;
  readonly format?: string;
  readonly type?: string;
  readonly encoding?: string;
  readonly passphrase?: unknown;
}

export function createPrivateKey(input: unknown): KeyObject {
  return importKey("private", input);
}

export function createPublicKey(input: unknown): KeyObject {
  const given = isInput(input) ? input.key : input;
  if (given instanceof KeyObject)
    return keptKey(native.now("key.public", { key: given.handle("private") }).value);
  return importKey("public", input);
}

/** A key as the functions that use one take it: an object, or what one is made of. */
export function asKey(input: unknown, type: "public" | "private"): KeyObject {
  const given = isInput(input) ? input.key : input;
  if (cryptoKeyHandle(given) !== undefined) return KeyObject.from(given);
  if (given instanceof KeyObject) return given;
  if (type === "private") return createPrivateKey(input);
  return createPublicKey(input);
}

export function optionsOf(input: unknown): Readonly<Record<string, unknown>> {
  return isInput(input) ? (input as unknown as Record<string, unknown>) : {};
}

function importKey(type: "public" | "private", input: unknown): KeyObject {
  const {
    key,
    format = "pem",
    type: encoding,
    encoding: text,
    passphrase,
  } = isInput(input) ? input : { key: input };
  // An empty one is what many give for none.
  if (passphrase !== undefined && passphrase !== null && passphrase !== "") throw noPassphrase();
  const args = { type, format, ...(encoding === undefined ? {} : { encoding }) };
  const outcome =
    format === "jwk"
      ? native.now("key.import", { ...args, jwk: key })
      : native.now("key.import", args, { data: bytesOf(key, "key", text) });
  return keptKey(outcome.value);
}

function isInput(input: unknown): input is KeyInput {
  const isObject = typeof input === "object" && input !== null && !ArrayBuffer.isView(input);
  return isObject && !(input instanceof KeyObject) && "key" in input;
}

function noPassphrase(): Error {
  return coded(
    "ERR_METHOD_NOT_IMPLEMENTED",
    "Private keys under a passphrase are not there: keep them in ctx.secrets",
  );
}
