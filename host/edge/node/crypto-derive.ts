/** Randomness, derivation of keys and the making of key pairs. What takes long stands still in this isolate alone. */
import { Buffer } from "node:buffer";
import { createSecretKey, keptKey, KeyObject } from "./crypto-key-object.ts";
import {
  bufferOf,
  bytesOf,
  coded,
  invalidType,
  native,
  outOfRange,
  settle,
  type Callback,
  type Data,
} from "./native-work.ts";

const MAX_AT_ONCE = 65_536;
const MAX_BYTES = 2 ** 31 - 1;

export function randomBytes(size: number): Buffer;
export function randomBytes(size: number, callback: Callback<Buffer>): void;
export function randomBytes(size: number, callback?: Callback<Buffer>): Buffer | void {
  if (typeof size !== "number") throw invalidType("size", "of type number", size);
  if (!(size >= 0 && size <= MAX_BYTES)) throw outOfRange("size", `>= 0 && <= ${MAX_BYTES}`, size);
  const bytes = Buffer.alloc(size);
  randomFillSync(bytes);
  if (callback === undefined) return bytes;
  settle(Promise.resolve(bytes), callback);
}

export { randomBytes as pseudoRandomBytes };

export function randomFillSync<View extends ArrayBuffer | ArrayBufferView>(
  view: View,
  offset = 0,
  size?: number,
): View {
  const bytes = bytesOf(view, "buf");
  const end = size === undefined ? bytes.byteLength : offset + size;
  if (offset < 0 || end > bytes.byteLength) throw outOfRange("size + offset", `<= ${bytes.byteLength}`, end);
  for (let at = offset; at < end; at += MAX_AT_ONCE) {
    const count = Math.min(MAX_AT_ONCE, end - at);
    bytes.set(native.now("random", { bytes: count }).bytes, at);
  }
  return view;
}

export function randomFill(view: ArrayBufferView, ...rest: unknown[]): void {
  const callback = rest.pop() as Callback<ArrayBufferView>;
  const [offset, size] = rest as [number?, number?];
  settle(Promise.resolve(randomFillSync(view, offset, size)), callback);
}

export function randomInt(...given: unknown[]): number | void {
  const callback = typeof given.at(-1) === "function" ? (given.pop() as Callback<number>) : undefined;
  const [min, max] = (given.length < 2 ? [0, given[0]] : given) as [number, number];
  for (const [name, value] of [
    ["min", min],
    ["max", max],
  ] as const) {
    if (!Number.isSafeInteger(value)) throw invalidType(name, "a safe integer", value);
  }
  const range = max - min;
  if (range <= 0 || range >= 2 ** 48)
    throw outOfRange("max", `greater than ${min} and less than 2 ** 48 above`, max);
  const value = min + uniform(range);
  if (callback === undefined) return value;
  settle(Promise.resolve(value), callback);
}

/** Throws away what would make some numbers more likely than others. */
function uniform(range: number): number {
  const most = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const drawn = randomBytes(6).readUIntBE(0, 6);
    if (drawn < most) return drawn % range;
  }
}

export function randomUUID(): string {
  return crypto.randomUUID();
}

export function timingSafeEqual(left: Data, right: Data): boolean {
  if (typeof left === "string") throw invalidType("buf1", "a Buffer, a TypedArray or a DataView", left);
  if (typeof right === "string") throw invalidType("buf2", "a Buffer, a TypedArray or a DataView", right);
  const [a, b] = [bytesOf(left, "buf1"), bytesOf(right, "buf2")];
  if (a.byteLength !== b.byteLength) {
    const message = "Input buffers must have the same byte length";
    throw Object.assign(new RangeError(message), { code: "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH" });
  }
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

function pbkdf2Work(password: Data, salt: Data, iterations: number, length: number, algorithm: string) {
  if (typeof algorithm !== "string") throw invalidType("digest", "of type string", algorithm);
  if (!Number.isSafeInteger(iterations) || iterations < 1) throw outOfRange("iterations", ">= 1", iterations);
  if (!Number.isSafeInteger(length) || length < 0) throw outOfRange("keylen", ">= 0", length);
  const parts = { password: bytesOf(password, "password"), salt: bytesOf(salt, "salt") };
  return ["pbkdf2", { algorithm, iterations, length }, parts] as const;
}

export function pbkdf2Sync(...given: Parameters<typeof pbkdf2Work>): Buffer {
  return bufferOf(native.wait(...pbkdf2Work(...given)).bytes);
}

export function pbkdf2(
  password: Data,
  salt: Data,
  iterations: number,
  length: number,
  algorithm: string,
  callback: Callback<Buffer>,
): void {
  const done = native.job(...pbkdf2Work(password, salt, iterations, length, algorithm));
  settle(
    done.then(({ bytes }) => bufferOf(bytes)),
    callback,
  );
}

interface ScryptOptions {
  readonly N?: number;
  readonly r?: number;
  readonly p?: number;
  readonly cost?: number;
  readonly blockSize?: number;
  readonly parallelization?: number;
}

function scryptWork(password: Data, salt: Data, length: number, options: ScryptOptions = {}) {
  const args = {
    N: options.N ?? options.cost ?? 16_384,
    r: options.r ?? options.blockSize ?? 8,
    p: options.p ?? options.parallelization ?? 1,
    length,
  };
  const parts = { password: bytesOf(password, "password"), salt: bytesOf(salt, "salt") };
  return ["scrypt", args, parts] as const;
}

export function scryptSync(...given: Parameters<typeof scryptWork>): Buffer {
  return bufferOf(native.wait(...scryptWork(...given)).bytes);
}

export function scrypt(password: Data, salt: Data, length: number, ...rest: unknown[]): void {
  const callback = rest.pop() as Callback<Buffer>;
  const done = native.job(...scryptWork(password, salt, length, rest[0] as ScryptOptions | undefined));
  settle(
    done.then(({ bytes }) => bufferOf(bytes)),
    callback,
  );
}

export function hkdfSync(
  algorithm: string,
  key: Data | KeyObject,
  salt: Data,
  info: Data,
  length: number,
): ArrayBuffer {
  const parts = {
    key: key instanceof KeyObject ? key.secretBytes() : bytesOf(key, "ikm"),
    salt: bytesOf(salt, "salt"),
    info: bytesOf(info, "info"),
  };
  return native.now("hkdf", { algorithm, length }, parts).bytes.slice().buffer as ArrayBuffer;
}

export function hkdf(
  algorithm: string,
  key: Data | KeyObject,
  salt: Data,
  info: Data,
  length: number,
  callback: Callback<ArrayBuffer>,
): void {
  settle(
    Promise.resolve().then(() => hkdfSync(algorithm, key, salt, info, length)),
    callback,
  );
}

interface PairOptions {
  readonly modulusLength?: number;
  readonly publicExponent?: number;
  readonly namedCurve?: string;
  readonly hashAlgorithm?: string;
  readonly mgf1HashAlgorithm?: string;
  readonly saltLength?: number;
  readonly publicKeyEncoding?: object;
  readonly privateKeyEncoding?: object;
}

interface Pair {
  readonly publicKey: unknown;
  readonly privateKey: unknown;
}

const CURVES = new Set(["ec", "ed25519", "ed448", "x25519", "x448"]);

export function generateKeyPairSync(type: string, options: PairOptions = {}): Pair {
  if (CURVES.has(type)) return pairOf(native.now("key.make", curveArgs(type, options)).value, options);
  return pairOf(native.wait("key.makeRsa", rsaArgs(type, options)).value, options);
}

export function generateKeyPair(type: string, ...rest: unknown[]): void {
  const callback = rest.pop() as (error: Error | null, publicKey?: unknown, privateKey?: unknown) => void;
  const options = (rest[0] ?? {}) as PairOptions;
  const done = CURVES.has(type)
    ? Promise.resolve().then(() => generateKeyPairSync(type, options))
    : native.job("key.makeRsa", rsaArgs(type, options)).then(({ value }) => pairOf(value, options));
  settle(done, (error, pair) => callback(error, pair?.publicKey, pair?.privateKey));
}

function curveArgs(kind: string, { namedCurve }: PairOptions) {
  return { kind, ...(namedCurve === undefined ? {} : { namedCurve }) };
}

function rsaArgs(kind: string, options: PairOptions) {
  if (kind !== "rsa" && kind !== "rsa-pss") {
    throw coded(
      "ERR_INVALID_ARG_VALUE",
      `The argument 'type' must be a supported key type. Received '${kind}'`,
    );
  }
  const { modulusLength, publicExponent = 65_537, hashAlgorithm, mgf1HashAlgorithm, saltLength } = options;
  if (!Number.isSafeInteger(modulusLength))
    throw invalidType("options.modulusLength", "a number", modulusLength);
  return {
    kind,
    modulusLength,
    publicExponent,
    ...(hashAlgorithm === undefined ? {} : { hashAlgorithm }),
    ...(mgf1HashAlgorithm === undefined ? {} : { mgf1HashAlgorithm }),
    ...(saltLength === undefined ? {} : { saltLength }),
  };
}

function pairOf(made: unknown, { publicKeyEncoding, privateKeyEncoding }: PairOptions): Pair {
  const pair = made as Pair;
  const [publicKey, privateKey] = [keptKey(pair.publicKey), keptKey(pair.privateKey)];
  return {
    publicKey: publicKeyEncoding === undefined ? publicKey : publicKey.export(publicKeyEncoding),
    privateKey: privateKeyEncoding === undefined ? privateKey : privateKey.export(privateKeyEncoding),
  };
}

export function generateKeySync(type: string, { length }: { readonly length: number }): KeyObject {
  if (type !== "aes" && type !== "hmac")
    throw coded("ERR_INVALID_ARG_VALUE", `Unknown type of key '${type}'`);
  return createSecretKey(randomBytes(length >> 3));
}

export function generateKey(
  type: string,
  options: { readonly length: number },
  callback: Callback<KeyObject>,
): void {
  settle(
    Promise.resolve().then(() => generateKeySync(type, options)),
    callback,
  );
}
