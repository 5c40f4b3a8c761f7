/**
 * Algorithms as Web Crypto normalises them: which there are for which operation, and what each takes.
 *
 * Names count without regard to case. Members are read once, in the order of Web IDL, and bytes are copied: what a
 * caller changes afterwards changes nothing.
 */
import { bytesOf } from "./bytes.ts";
import { keyHandle } from "./crypto-key.ts";
import type { JsonObject } from "#host/base/json.ts";

type Kind = "bytes" | "exponent" | "octet" | "short" | "long" | "text" | "hash" | "key";
/** Members in Web IDL's order; an optional one ends with a question mark. */
type Members = Readonly<Record<string, Kind>>;
type Algorithms = Readonly<Record<string, Members>>;

const NONE: Members = {};
const LENGTH: Members = { length: "short" };
const CURVE: Members = { namedCurve: "text" };
const HASH: Members = { hash: "hash" };
const PEER: Members = { public: "key" };
const HMAC: Members = { hash: "hash", "length?": "long" };
const RSA_MAKE: Members = { hash: "hash", modulusLength: "long", publicExponent: "exponent" };
const AES_CTR: Members = { counter: "bytes", length: "octet" };
const AES_CBC: Members = { iv: "bytes" };
const AES_GCM: Members = { "additionalData?": "bytes", iv: "bytes", "tagLength?": "octet" };
const RSA_OAEP: Members = { "label?": "bytes" };

const RSA = ["RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP"];
const EC = ["ECDSA", "ECDH"];
const AES = ["AES-CTR", "AES-CBC", "AES-GCM", "AES-KW"];
const SECURE = ["Ed25519", "X25519"];
const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

const CIPHERS: Algorithms = {
  "RSA-OAEP": RSA_OAEP,
  "AES-CTR": AES_CTR,
  "AES-CBC": AES_CBC,
  "AES-GCM": AES_GCM,
};
const SIGNATURES: Algorithms = {
  "RSASSA-PKCS1-v1_5": NONE,
  "RSA-PSS": { saltLength: "long" },
  ECDSA: HASH,
  HMAC: NONE,
  Ed25519: NONE,
};
const WRAPPING: Algorithms = { ...CIPHERS, "AES-KW": NONE };

const REGISTRY = {
  encrypt: CIPHERS,
  decrypt: CIPHERS,
  wrapKey: WRAPPING,
  unwrapKey: WRAPPING,
  sign: SIGNATURES,
  verify: SIGNATURES,
  digest: each(HASHES, NONE),
  generateKey: {
    ...each(RSA, RSA_MAKE),
    ...each(EC, CURVE),
    ...each(AES, LENGTH),
    HMAC,
    ...each(SECURE, NONE),
  },
  importKey: {
    ...each(RSA, HASH),
    ...each(EC, CURVE),
    ...each(AES, NONE),
    HMAC,
    ...each([...SECURE, "HKDF", "PBKDF2"], NONE),
  },
  deriveBits: {
    ECDH: PEER,
    X25519: PEER,
    HKDF: { hash: "hash", info: "bytes", salt: "bytes" },
    PBKDF2: { hash: "hash", iterations: "long", salt: "bytes" },
  },
  /** How long the key is that is to be derived. */
  keyLength: { ...each(AES, LENGTH), HMAC, HKDF: NONE, PBKDF2: NONE },
} satisfies Record<string, Algorithms>;

export type AlgorithmUse = keyof typeof REGISTRY;

export interface Algorithm {
  readonly args: JsonObject & { readonly name: string };
  readonly parts: Readonly<Record<string, Uint8Array>>;
}

function each(names: readonly string[], members: Members): Algorithms {
  return Object.fromEntries(names.map((name) => [name, members]));
}

/** Throws a NotSupportedError for what is not there, a TypeError for a member that is missing or wrong. */
export function normaliseAlgorithm(given: unknown, use: AlgorithmUse): Algorithm {
  const object =
    typeof given === "object" || typeof given === "function" ? (given ?? {}) : { name: String(given) };
  const { name: named } = object as { readonly name?: unknown };
  if (named === undefined) throw new TypeError("Cannot use the algorithm: it has no name");
  const wanted = String(named);
  const found = Object.entries<Members>(REGISTRY[use]).find(
    ([name]) => name.toLowerCase() === wanted.toLowerCase(),
  );
  if (found === undefined) throw notSupported(`Algorithm "${wanted}" is not there for ${use}`);
  const [name, members] = found;
  const args: Record<string, string | number> & { name: string } = { name };
  const parts: Record<string, Uint8Array> = {};
  for (const [member, kind] of Object.entries(members)) readMember(object, member, kind, args, parts);
  return { args, parts };
}

function readMember(
  from: object,
  member: string,
  kind: Kind,
  args: Record<string, string | number>,
  parts: Record<string, Uint8Array>,
): void {
  const key = member.replace("?", "");
  const value: unknown = Reflect.get(from, key);
  if (value === undefined) {
    if (member !== key) return;
    throw new TypeError(`Cannot use the algorithm: its "${key}" is missing`);
  }
  const converted = CONVERT[kind](value, key);
  if (typeof converted === "object") parts[key] = converted;
  else args[key] = converted;
}

const CONVERT: Readonly<Record<Kind, (value: unknown, member: string) => string | number | Uint8Array>> = {
  bytes: (value, member) => copyBytes(value, `"${member}"`),
  exponent(value, member) {
    if (value instanceof Uint8Array) return value.slice();
    throw new TypeError(`Cannot use the algorithm: its "${member}" is not a Uint8Array`);
  },
  octet: (value, member) => wholeNumber(value, `"${member}"`, 0xff),
  short: (value, member) => wholeNumber(value, `"${member}"`, 0xffff),
  long: (value, member) => wholeNumber(value, `"${member}"`, 0xffff_ffff),
  text: (value) => String(value),
  hash: (value) => normaliseAlgorithm(value, "digest").args.name,
  key(value, member) {
    const handle = keyHandle(value);
    if (handle !== undefined) return handle;
    throw new TypeError(`Cannot use the algorithm: its "${member}" is not a CryptoKey`);
  },
};

/** Web IDL's `[EnforceRange]`. */
export function wholeNumber(value: unknown, name: string, most: number): number {
  const number = Math.trunc(Number(value));
  // Minus zero is zero.
  if (number >= 0 && number <= most) return number + 0;
  throw new TypeError(`Cannot take ${name}: ${String(value)} is not within 0 and ${most}`);
}

/** Web IDL's BufferSource, copied. */
export function copyBytes(value: unknown, name: string): Uint8Array {
  if (isBufferSource(value)) return bytesOf(value).slice();
  throw new TypeError(`Cannot take ${name}: it is neither an ArrayBuffer nor a view on one`);
}

export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

export function notSupported(message: string): Error {
  return new DOMException(message, "NotSupportedError");
}
