/** Signatures, agreement, RSA and ECDH, over keys in the child. */
import { Buffer } from "node:buffer";
import { Writable } from "node:stream";
import { asKey, optionsOf, type KeyObject } from "./crypto-key-object.ts";
import {
  bufferOf,
  bytesOf,
  coded,
  native,
  output,
  settle,
  type Callback,
  type Data,
  type Outcome,
} from "./native-work.ts";

function signingArgs(algorithm: unknown, key: KeyObject, input: unknown) {
  const { padding, saltLength, dsaEncoding } = optionsOf(input);
  return {
    algorithm: algorithm === undefined || algorithm === null ? null : String(algorithm),
    key: key.handle(),
    ...(padding === undefined ? {} : { padding }),
    ...(saltLength === undefined ? {} : { saltLength }),
    ...(dsaEncoding === undefined ? {} : { dsaEncoding }),
  };
}

/** RSA takes long enough to be done on another thread. */
function isSlow(key: KeyObject, data: Uint8Array): boolean {
  return String(key.asymmetricKeyType).startsWith("rsa") || data.byteLength > native.limits().syncBytes;
}

export function sign(algorithm: unknown, data: Data, input: unknown): Buffer;
export function sign(algorithm: unknown, data: Data, input: unknown, callback: Callback<Buffer>): void;
export function sign(
  algorithm: unknown,
  data: Data,
  input: unknown,
  callback?: Callback<Buffer>,
): Buffer | void {
  const key = asKey(input, "private");
  const args = signingArgs(algorithm, key, input);
  const parts = { data: bytesOf(data) };
  if (callback === undefined) {
    return bufferOf(native[isSlow(key, parts.data) ? "wait" : "now"]("sign", args, parts).bytes);
  }
  settle(
    native.job("sign", args, parts).then(({ bytes }) => bufferOf(bytes)),
    callback,
  );
}

export function verify(
  algorithm: unknown,
  data: Data,
  input: unknown,
  signature: Data,
  callback?: Callback<boolean>,
): boolean | void {
  const key = asKey(input, "public");
  const args = signingArgs(algorithm, key, input);
  const parts = { data: bytesOf(data), signature: bytesOf(signature, "signature") };
  const result = ({ value }: Outcome) => value === true;
  if (callback !== undefined) settle(native.job("verify", args, parts).then(result), callback);
  else return result(native[isSlow(key, parts.data) ? "wait" : "now"]("verify", args, parts));
}

/** Collects what is signed: it is done in one go. */
class Collecting extends Writable {
  readonly #parts: Uint8Array[] = [];
  readonly algorithm: string;

  constructor(algorithm: string, options?: object) {
    super(options);
    this.algorithm = algorithm;
  }

  update(data: Data, encoding?: string): this {
    this.#parts.push(bytesOf(data, "data", encoding).slice());
    return this;
  }

  protected collected(): Buffer {
    return Buffer.concat(this.#parts);
  }

  override _write(chunk: Data, encoding: string, callback: (error?: Error) => void): void {
    this.update(chunk, encoding);
    callback();
  }
}

export class Sign extends Collecting {
  sign(key: unknown, encoding?: string): Buffer | string {
    return output(sign(this.algorithm, this.collected(), key), encoding);
  }
}

export class Verify extends Collecting {
  verify(key: unknown, signature: Data, encoding?: string): boolean {
    return verify(this.algorithm, this.collected(), key, bytesOf(signature, "signature", encoding)) === true;
  }
}

export function createSign(algorithm: string, options?: object): Sign {
  return new Sign(algorithm, options);
}

export function createVerify(algorithm: string, options?: object): Verify {
  return new Verify(algorithm, options);
}

export function diffieHellman(
  options: { readonly privateKey: unknown; readonly publicKey: unknown },
  callback?: Callback<Buffer>,
): Buffer | void {
  const keys = {
    privateKey: asKey(options.privateKey, "private").handle("private"),
    publicKey: asKey(options.publicKey, "public").handle("public"),
  };
  const secret = () => bufferOf(native.now("agree", keys).bytes);
  if (callback === undefined) return secret();
  settle(Promise.resolve().then(secret), callback);
}

type RsaMethod = "publicEncrypt" | "privateDecrypt" | "privateEncrypt" | "publicDecrypt";

function rsa(method: RsaMethod) {
  return (input: unknown, data: Data): Buffer => {
    const key = asKey(input, method.startsWith("public") ? "public" : "private");
    const { padding, oaepHash, oaepLabel } = optionsOf(input);
    const args = {
      method,
      key: key.handle(),
      ...(padding === undefined ? {} : { padding }),
      ...(oaepHash === undefined ? {} : { oaepHash }),
    };
    const label = oaepLabel === undefined ? {} : { label: bytesOf(oaepLabel, "oaepLabel") };
    return bufferOf(native.now("rsa", args, { data: bytesOf(data, "buffer"), ...label }).bytes);
  };
}

export const publicEncrypt = rsa("publicEncrypt");
export const privateDecrypt = rsa("privateDecrypt");
export const privateEncrypt = rsa("privateEncrypt");
export const publicDecrypt = rsa("publicDecrypt");

/** Elliptic-curve Diffie-Hellman; its private key is bytes in this isolate. */
export class ECDH {
  readonly #curve: string;
  #privateKey: Uint8Array | null = null;

  constructor(curve: string) {
    this.#curve = curve;
  }

  generateKeys(encoding?: string, format?: string): Buffer | string {
    this.#privateKey = native.now("ecdh.make", { curve: this.#curve }).bytes;
    return this.getPublicKey(encoding, format);
  }

  setPrivateKey(key: Data, encoding?: string): this {
    const privateKey = bytesOf(key, "privateKey", encoding).slice();
    native.now("ecdh.public", { curve: this.#curve, compressed: false }, { privateKey });
    this.#privateKey = privateKey;
    return this;
  }

  getPrivateKey(encoding?: string): Buffer | string {
    return output(this.#key(), encoding);
  }

  getPublicKey(encoding?: string, format = "uncompressed"): Buffer | string {
    const args = { curve: this.#curve, compressed: format === "compressed" };
    return output(native.now("ecdh.public", args, { privateKey: this.#key() }).bytes, encoding);
  }

  computeSecret(other: Data, inputEncoding?: string, outputEncoding?: string): Buffer | string {
    const parts = { privateKey: this.#key(), publicKey: bytesOf(other, "otherPublicKey", inputEncoding) };
    return output(native.now("ecdh.secret", { curve: this.#curve }, parts).bytes, outputEncoding);
  }

  #key(): Uint8Array {
    if (this.#privateKey !== null) return this.#privateKey;
    throw coded("ERR_CRYPTO_ECDH_INVALID_PRIVATE_KEY", "Failed to get the key: there is none yet");
  }
}

export function createECDH(curve: string): ECDH {
  return new ECDH(curve);
}
