/**
 * Web Crypto for isolates, by Node's own: `crypto.subtle`'s methods on keys that stay here.
 *
 * Whether a key may be used or exported is decided here, by the key itself; the isolate has its number and a copy
 * of its description. The bounds are this file's: what Node would do for minutes is refused.
 */
import { webcrypto } from "node:crypto";
import * as v from "valibot";
import type { JsonObject } from "#host/base/json.ts";
import { NATIVE } from "#host/base/limits.ts";
import type { NativeHandles } from "./native-handles.ts";
import {
  defineOperation,
  NativeRefusal,
  type Bytes,
  type NativeAnswer,
  type Part,
  type Parts,
} from "./native-operation.ts";

const { subtle } = webcrypto;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = v.pipe(v.string(), v.maxLength(64));

const AlgorithmArgs = v.strictObject({
  name: word,
  hash: v.optional(word),
  namedCurve: v.optional(word),
  length: v.optional(count),
  tagLength: v.optional(count),
  iterations: v.optional(count),
  modulusLength: v.optional(count),
  saltLength: v.optional(count),
  /** A key's number. */
  public: v.optional(count),
});

type AlgorithmArgs = v.InferOutput<typeof AlgorithmArgs>;

const METHODS = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "digest",
  "generateKey",
  "deriveKey",
  "deriveBits",
  "importKey",
  "exportKey",
  "wrapKey",
  "unwrapKey",
] as const;

const SubtleArgs = v.strictObject({
  method: v.picklist(METHODS),
  algorithm: v.optional(AlgorithmArgs, { name: "" }),
  /** Of the key that is derived or unwrapped. */
  keyAlgorithm: v.optional(AlgorithmArgs, { name: "" }),
  key: v.optional(count, 0),
  /** The key that is wrapped. */
  wrapped: v.optional(count, 0),
  format: v.optional(v.picklist(["raw", "spki", "pkcs8", "jwk"]), "raw"),
  jwk: v.optional(v.record(v.string(), v.unknown())),
  extractable: v.optional(v.boolean(), false),
  usages: v.optional(v.pipe(v.array(word), v.maxLength(16)), []),
  length: v.optional(v.nullable(count), null),
});

type SubtleArgs = v.InferOutput<typeof SubtleArgs>;

/** Bytes of the call, and those that stand in its algorithm. */
const CALL_PARTS = ["data", "signature"] as const;
const ALGORITHM_PARTS = [
  "iv",
  "counter",
  "additionalData",
  "label",
  "salt",
  "info",
  "publicExponent",
] as const;
type SubtleParts = Partial<Part<(typeof CALL_PARTS)[number] | (typeof ALGORITHM_PARTS)[number]>>;

/** Node takes any of its algorithms; the types of its declarations do not say so for each method. */
type NodeAlgorithm = webcrypto.RsaHashedKeyGenParams &
  webcrypto.EcKeyGenParams &
  webcrypto.AesKeyGenParams &
  webcrypto.RsaOaepParams;
type Made = webcrypto.CryptoKey | webcrypto.CryptoKeyPair;

export const subtleOperation = defineOperation({
  args: SubtleArgs,
  optional: [...CALL_PARTS, ...ALGORITHM_PARTS],
  isHeavy,
  async run(args, parts, handles): Promise<NativeAnswer> {
    refuseLarge(args, parts);
    const result = await callSubtle(args, parts, handles);
    if (result instanceof ArrayBuffer) return { bytes: new Uint8Array(result) };
    if (typeof result === "boolean") return { value: result };
    if (isMade(result)) return { value: keep(result, handles) };
    return { value: result as JsonObject };
  },
});

function isHeavy({ method, algorithm }: SubtleArgs, parts: Parts): boolean {
  if (method === "generateKey" && algorithm.modulusLength !== undefined) return true;
  if ((algorithm.iterations ?? 0) > NATIVE.lightRounds) return true;
  return (parts.data?.byteLength ?? 0) > NATIVE.lightBytes;
}

async function callSubtle(
  args: SubtleArgs,
  parts: SubtleParts,
  handles: NativeHandles,
): Promise<ArrayBuffer | boolean | Made | webcrypto.JsonWebKey> {
  const { method, format, extractable, length } = args;
  const usages = args.usages as webcrypto.KeyUsage[];
  const algorithm = toNode(args.algorithm, parts, handles);
  const data = parts.data ?? new Uint8Array(0);
  const key = () => handles.cryptoKey(args.key);
  const keyAlgorithm = () => toNode(args.keyAlgorithm, {}, handles);
  switch (method) {
    case "encrypt":
    case "decrypt":
    case "sign":
      return subtle[method](algorithm, key(), data);
    case "verify":
      return subtle.verify(algorithm, key(), parts.signature ?? new Uint8Array(0), data);
    case "digest":
      return subtle.digest(algorithm, data);
    case "generateKey":
      return subtle.generateKey(algorithm, extractable, usages);
    case "deriveBits":
      return subtle.deriveBits(algorithm as never, key(), length as number);
    case "deriveKey":
      return subtle.deriveKey(algorithm as never, key(), keyAlgorithm(), extractable, usages);
    case "importKey":
      return subtle.importKey(format as "raw", (args.jwk ?? data) as Bytes, algorithm, extractable, usages);
    case "exportKey":
      return subtle.exportKey(format as "raw", key());
    case "wrapKey":
      return subtle.wrapKey(format, handles.cryptoKey(args.wrapped), key(), algorithm);
    case "unwrapKey":
      return subtle.unwrapKey(format, data, key(), algorithm, keyAlgorithm(), extractable, usages);
  }
}

function toNode(args: AlgorithmArgs, parts: SubtleParts, handles: NativeHandles): NodeAlgorithm {
  const bytes = ALGORITHM_PARTS.flatMap((name) => {
    const part = parts[name];
    return part === undefined ? [] : [[name, part] as const];
  });
  return {
    ...args,
    ...Object.fromEntries(bytes),
    ...(args.hash === undefined ? {} : { hash: { name: args.hash } }),
    ...(args.public === undefined ? {} : { public: handles.cryptoKey(args.public) }),
  } as unknown as NodeAlgorithm;
}

const HASH_BITS: Readonly<Record<string, number>> = { "SHA-1": 160, "SHA-256": 256, "SHA-384": 384 };

function refuseLarge({ algorithm, keyAlgorithm, method, length }: SubtleArgs, parts: SubtleParts): void {
  const bits = Math.max(length ?? 0, keyAlgorithm.length ?? 0, algorithm.length ?? 0);
  atMost("bits of a key or of derived bits", bits, NATIVE.secretBytes * 8);
  if (method === "generateKey") atMost("bits of an RSA key", algorithm.modulusLength ?? 0, NATIVE.rsaBits);
  if (algorithm.iterations !== undefined) {
    // A key's own length is at most two blocks of the shortest hash where nobody names one.
    const blocks = Math.ceil(Math.max(bits, 1) / (HASH_BITS[algorithm.hash ?? ""] ?? 512));
    atMost("rounds times blocks", algorithm.iterations * blocks, NATIVE.rounds);
  }
  if (parts.publicExponent !== undefined) checkExponent(parts.publicExponent);
}

/** OpenSSL looks without end for a key whose exponent is even or one. */
function checkExponent(exponent: Uint8Array): void {
  const isOne = exponent.at(-1) === 1 && exponent.subarray(0, -1).every((byte) => byte === 0);
  const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1;
  if (!isOdd || isOne)
    throw new NativeRefusal("The public exponent must be odd and above one", "OperationError");
}

function atMost(what: string, wanted: number, limit: number): void {
  if (wanted > limit) throw new NativeRefusal(`Cannot do it with ${wanted} ${what}: the limit is ${limit}`);
}

function isMade(result: object): result is Made {
  return "extractable" in result || "privateKey" in result;
}

/** Keeps what was made and describes it. */
function keep(made: Made, handles: NativeHandles): JsonObject {
  if (!("privateKey" in made)) return keepKey(made, handles);
  return { publicKey: keepKey(made.publicKey, handles), privateKey: keepKey(made.privateKey, handles) };
}

export function keepKey(key: webcrypto.CryptoKey, handles: NativeHandles): JsonObject {
  const { hash, publicExponent, ...algorithm } = key.algorithm as webcrypto.KeyAlgorithm & {
    readonly hash?: webcrypto.KeyAlgorithm;
    readonly publicExponent?: Uint8Array;
    readonly modulusLength?: number;
  };
  atMost("bits of an RSA key", algorithm.modulusLength ?? 0, NATIVE.rsaBits);
  return {
    key: handles.keys.add(key),
    type: key.type,
    extractable: key.extractable,
    usages: [...key.usages],
    algorithm: {
      ...algorithm,
      ...(publicExponent === undefined ? {} : { publicExponent: [...publicExponent] }),
      ...(hash === undefined ? {} : { hash: { name: hash.name } }),
    },
  };
}
