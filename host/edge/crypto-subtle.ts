/**
 * `crypto.subtle`: Web IDL's manners here, the cryptography in the child.
 *
 * Every method answers with a promise, also for arguments that make no sense. Arguments are read in order before
 * anything is done. Sources: W3C Web Cryptography Level 2, and Web IDL.
 */
import {
  copyBytes,
  isBufferSource,
  normaliseAlgorithm,
  type Algorithm,
  type AlgorithmUse,
} from "./crypto-algorithm.ts";
import { createKey, keyHandle, type CryptoKey } from "./crypto-key.ts";
import { nativeJob, type NativeOutcome, type NativeParts } from "./native.ts";
import { shape } from "./web-idl.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";

type CryptoKeyPair = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

const FORMATS = ["raw", "spki", "pkcs8", "jwk"];
const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
/** The members of a JsonWebKey, in Web IDL's order. */
const JWK_TEXTS = ["alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "use", "x", "y"];

const MADE_HERE = Symbol("made here");

export class SubtleCrypto {
  readonly #here = true;

  constructor(...args: readonly unknown[]) {
    if (args[0] !== MADE_HERE) throw new TypeError("Illegal constructor");
  }

  #check(given: number, wanted: number): void {
    if (!this.#here || given >= wanted) return;
    throw new TypeError(`Cannot do it: ${wanted} arguments are needed, ${given} are there`);
  }

  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 3);
    return bytesOf(await cipher("encrypt", algorithm, key, data));
  }

  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 3);
    return bytesOf(await cipher("decrypt", algorithm, key, data));
  }

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 3);
    return bytesOf(await cipher("sign", algorithm, key, data));
  }

  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    this.#check(arguments.length, 4);
    const handle = keyOf(key);
    const parts = { signature: copyBytes(signature, "the signature"), data: copyBytes(data, "the data") };
    const { args, ...normalised } = normaliseAlgorithm(algorithm, "verify");
    const call = { method: "verify", algorithm: args, key: handle };
    return (await perform(call, { ...normalised.parts, ...parts })).value === true;
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 2);
    const bytes = copyBytes(data, "the data");
    const { args } = normaliseAlgorithm(algorithm, "digest");
    return bytesOf(await perform({ method: "digest", algorithm: args }, { data: bytes }));
  }

  async generateKey(
    algorithm: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<CryptoKey | CryptoKeyPair> {
    this.#check(arguments.length, 3);
    const asked = { extractable: Boolean(extractable), usages: usagesOf(usages) };
    const { args, parts } = normaliseAlgorithm(algorithm, "generateKey");
    return madeOf(await perform({ method: "generateKey", algorithm: args, ...asked }, parts));
  }

  async deriveKey(
    algorithm: unknown,
    baseKey: unknown,
    derivedKeyType: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<CryptoKey> {
    this.#check(arguments.length, 5);
    const asked = { key: keyOf(baseKey), extractable: Boolean(extractable), usages: usagesOf(usages) };
    const { args, parts } = normaliseAlgorithm(algorithm, "deriveBits");
    const imported = normaliseAlgorithm(derivedKeyType, "importKey").args;
    const keyAlgorithm = { ...imported, ...normaliseAlgorithm(derivedKeyType, "keyLength").args };
    const call = { method: "deriveKey", algorithm: args, keyAlgorithm, ...asked };
    return createKey((await perform(call, parts)).value);
  }

  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<ArrayBuffer> {
    this.#check(arguments.length, 2);
    const key = keyOf(baseKey);
    const bits = length === null ? null : wholeNumberModulo(length);
    const { args, parts } = normaliseAlgorithm(algorithm, "deriveBits");
    return bytesOf(await perform({ method: "deriveBits", algorithm: args, key, length: bits }, parts));
  }

  async importKey(
    format: unknown,
    keyData: unknown,
    algorithm: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<CryptoKey> {
    this.#check(arguments.length, 5);
    const form = oneOf(format, FORMATS, "format");
    const material = isBufferSource(keyData) ? copyBytes(keyData, "the key") : jwkOf(keyData);
    const asked = { format: form, extractable: Boolean(extractable), usages: usagesOf(usages) };
    const { args } = normaliseAlgorithm(algorithm, "importKey");
    const call = { method: "importKey", algorithm: args, ...asked };
    if ((form === "jwk") === material instanceof Uint8Array) {
      throw new TypeError(`Cannot import a key of the format "${form}" from ${typeof keyData} of another`);
    }
    const done =
      material instanceof Uint8Array
        ? perform(call, { data: material })
        : perform({ ...call, jwk: material }, {});
    return createKey((await done).value);
  }

  async exportKey(format: unknown, key: unknown): Promise<ArrayBuffer | JsonValue> {
    this.#check(arguments.length, 2);
    const call = { method: "exportKey", format: oneOf(format, FORMATS, "format"), key: keyOf(key) };
    const outcome = await perform(call, {});
    return call.format === "jwk" ? outcome.value : bytesOf(outcome);
  }

  async wrapKey(
    format: unknown,
    key: unknown,
    wrappingKey: unknown,
    algorithm: unknown,
  ): Promise<ArrayBuffer> {
    this.#check(arguments.length, 4);
    const keys = { format: oneOf(format, FORMATS, "format"), wrapped: keyOf(key), key: keyOf(wrappingKey) };
    const { args, parts } = normaliseAlgorithm(algorithm, "wrapKey");
    return bytesOf(await perform({ method: "wrapKey", algorithm: args, ...keys }, parts));
  }

  async unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    unwrapAlgorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: unknown,
    usages: unknown,
  ): Promise<CryptoKey> {
    this.#check(arguments.length, 7);
    const form = oneOf(format, FORMATS, "format");
    const data = copyBytes(wrappedKey, "the wrapped key");
    const key = keyOf(unwrappingKey);
    const asked = { format: form, key, extractable: Boolean(extractable), usages: usagesOf(usages) };
    const { args, parts } = normaliseAlgorithm(unwrapAlgorithm, "unwrapKey");
    const keyAlgorithm = normaliseAlgorithm(unwrappedKeyAlgorithm, "importKey").args;
    const call = { method: "unwrapKey", algorithm: args, keyAlgorithm, ...asked };
    return createKey((await perform(call, { ...parts, data })).value);
  }
}

shape("SubtleCrypto", SubtleCrypto);

export const subtle = new SubtleCrypto(MADE_HERE);

async function cipher(
  method: AlgorithmUse,
  algorithm: unknown,
  key: unknown,
  data: unknown,
): Promise<NativeOutcome> {
  const handle = keyOf(key);
  const bytes = copyBytes(data, "the data");
  const { args, parts }: Algorithm = normaliseAlgorithm(algorithm, method);
  return perform({ method, algorithm: args, key: handle }, { ...parts, data: bytes });
}

/** What fails natively for no reason that the specification names is an OperationError. */
async function perform(call: JsonObject, parts: NativeParts): Promise<NativeOutcome> {
  try {
    return await nativeJob("subtle", call, parts);
  } catch (thrown) {
    if (thrown instanceof DOMException || thrown instanceof TypeError) throw thrown;
    throw new DOMException(thrown instanceof Error ? thrown.message : "It failed", "OperationError");
  }
}

function bytesOf({ bytes }: NativeOutcome): ArrayBuffer {
  return bytes.buffer as ArrayBuffer;
}

function madeOf({ value }: NativeOutcome): CryptoKey | CryptoKeyPair {
  const made = value as JsonObject;
  const { publicKey, privateKey } = made;
  if (publicKey === undefined || privateKey === undefined) return createKey(made);
  return { publicKey: createKey(publicKey), privateKey: createKey(privateKey) };
}

function keyOf(value: unknown): number {
  const handle = keyHandle(value);
  if (handle !== undefined) return handle;
  throw new TypeError("Cannot use the key: it is not a CryptoKey");
}

function usagesOf(value: unknown): string[] {
  return [...sequenceOf(value)].map((usage) => oneOf(usage, USAGES, "usage"));
}

function sequenceOf(value: unknown): Iterable<unknown> {
  if (typeof value === "object" && value !== null && Symbol.iterator in value)
    return value as Iterable<unknown>;
  throw new TypeError("Cannot use the list: it is not a sequence");
}

function oneOf(value: unknown, known: readonly string[], what: string): string {
  const text = String(value);
  if (known.includes(text)) return text;
  throw new TypeError(`Cannot use the ${what} "${text}": known are ${known.join(", ")}`);
}

function jwkOf(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null) {
    throw new TypeError("Cannot import the key: it is neither bytes nor a JsonWebKey");
  }
  const jwk: JsonObject = {};
  for (const name of JWK_TEXTS) {
    const text: unknown = Reflect.get(value, name);
    if (text !== undefined) jwk[name] = String(text);
  }
  const { ext, key_ops: operations } = value as { readonly ext?: unknown; readonly key_ops?: unknown };
  if (ext !== undefined) jwk.ext = Boolean(ext);
  if (operations !== undefined) jwk.key_ops = [...sequenceOf(operations)].map(String);
  return jwk;
}

/** Web IDL's `unsigned long` without a range: what is too large wraps round. */
function wholeNumberModulo(value: unknown): number {
  return Number(value) >>> 0;
}
