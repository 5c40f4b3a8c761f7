/**
 * `node:crypto`'s keys for isolates, and what is done with them: signatures, agreement, RSA.
 *
 * Encrypted private keys are not read: how long that takes is written in the key itself. Kinds of key that a
 * hostile file can make slow (DSA, finite-field DH, curves of own parameters, large RSA) are refused.
 */
import * as crypto from "node:crypto";
import { promisify } from "node:util";
import * as v from "valibot";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import { NATIVE } from "#host/base/limits.ts";
import type { NativeHandles } from "./native-handles.ts";
import { defineOperation, NativeRefusal, type NativeAnswer } from "./native-operation.ts";
import { keepKey } from "./native-subtle.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = v.pipe(v.string(), v.maxLength(64));
const KINDS: ReadonlySet<string | undefined> = new Set([
  "rsa",
  "rsa-pss",
  "ec",
  "ed25519",
  "ed448",
  "x25519",
  "x448",
]);
const generateKeyPair = promisify(crypto.generateKeyPair);

function keep(key: crypto.KeyObject, handles: NativeHandles): JsonObject {
  const kind = key.asymmetricKeyType;
  const { modulusLength = 0, namedCurve, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (!KINDS.has(kind) || (kind === "ec" && namedCurve === undefined)) {
    throw new NativeRefusal(`Keys of the kind "${kind}" are not there`, "NotSupportedError");
  }
  if (modulusLength > NATIVE.rsaBits) {
    throw new NativeRefusal(`Cannot use an RSA key of ${modulusLength} bits: the limit is ${NATIVE.rsaBits}`);
  }
  const details = {
    ...(modulusLength === 0 ? {} : { modulusLength }),
    ...(publicExponent === undefined ? {} : { publicExponent: String(publicExponent) }),
    ...(namedCurve === undefined ? {} : { namedCurve }),
  };
  return { key: handles.keys.add(key), type: key.type, kind: kind ?? "", details };
}

function keepPair(
  pair: Readonly<Record<"publicKey" | "privateKey", crypto.KeyObject>>,
  handles: NativeHandles,
): JsonObject {
  return { publicKey: keep(pair.publicKey, handles), privateKey: keep(pair.privateKey, handles) };
}

/** What `sign` and `verify` take beside the key. */
const Signing = {
  algorithm: v.nullable(word),
  key: count,
  padding: v.optional(count),
  saltLength: v.optional(v.pipe(v.number(), v.safeInteger())),
  dsaEncoding: v.optional(v.picklist(["der", "ieee-p1363"])),
};

function signingKey(
  args: v.InferOutput<v.StrictObjectSchema<typeof Signing, undefined>>,
  handles: NativeHandles,
): crypto.SignKeyObjectInput {
  const { padding, saltLength, dsaEncoding } = args;
  return {
    key: handles.keyObject(args.key),
    ...(padding === undefined ? {} : { padding }),
    ...(saltLength === undefined ? {} : { saltLength }),
    ...(dsaEncoding === undefined ? {} : { dsaEncoding }),
  };
}

function signNow(args: v.InferOutput<typeof Sign>, data: Uint8Array, handles: NativeHandles): NativeAnswer {
  return { bytes: crypto.sign(args.algorithm, data, signingKey(args, handles)) };
}

const Sign = v.strictObject(Signing);

const verify = defineOperation({
  args: Sign,
  parts: ["data", "signature"],
  run: (args, { data, signature }, handles) => ({
    value: crypto.verify(args.algorithm, data, signingKey(args, handles), signature),
  }),
});

const RsaMethods = v.picklist(["publicEncrypt", "privateDecrypt", "privateEncrypt", "publicDecrypt"]);

export const keyOperations = {
  "key.import": defineOperation({
    args: v.strictObject({
      type: v.picklist(["public", "private"]),
      format: v.picklist(["pem", "der", "jwk"]),
      encoding: v.optional(v.picklist(["pkcs1", "pkcs8", "spki", "sec1"])),
      jwk: v.optional(v.record(v.string(), v.unknown())),
    }),
    optional: ["data"],
    run({ type, format, encoding, jwk }, { data = new Uint8Array(0) }, handles) {
      handles.keys.check();
      const input = {
        key: format === "jwk" ? jwk : Buffer.from(data),
        format,
        ...(encoding === undefined ? {} : { type: encoding }),
      };
      const create = type === "public" ? crypto.createPublicKey : crypto.createPrivateKey;
      return { value: keep(create(input as crypto.PublicKeyInput & crypto.PrivateKeyInput), handles) };
    },
  }),
  "key.public": defineOperation({
    args: v.strictObject({ key: count }),
    run: ({ key }, _parts, handles) => ({
      value: keep(crypto.createPublicKey({ key: handles.keyObject(key) } as never), handles),
    }),
  }),
  "key.export": defineOperation({
    args: v.strictObject({
      key: count,
      format: v.picklist(["pem", "der", "jwk"]),
      encoding: v.optional(word),
    }),
    run({ key, format, encoding }, _parts, handles) {
      const options = { format, ...(encoding === undefined ? {} : { type: encoding }) };
      const exported: unknown = handles.keyObject(key).export(options as never);
      return exported instanceof Uint8Array ? { bytes: exported } : { value: exported as JsonValue };
    },
  }),
  /** From and to Web Crypto. A key that may not be exported stays there. */
  "key.fromCrypto": defineOperation({
    args: v.strictObject({ key: count }),
    run({ key }, _parts, handles) {
      const cryptoKey = handles.cryptoKey(key);
      if (!cryptoKey.extractable) throw new NativeRefusal("The key is not extractable", "InvalidAccessError");
      const object = crypto.KeyObject.from(cryptoKey);
      return object.type === "secret" ? { bytes: object.export() } : { value: keep(object, handles) };
    },
  }),
  "key.toCrypto": defineOperation({
    args: v.strictObject({
      key: count,
      algorithm: v.strictObject({ name: word, hash: v.optional(word), namedCurve: v.optional(word) }),
      extractable: v.boolean(),
      usages: v.pipe(v.array(word), v.maxLength(16)),
    }),
    run: ({ key, algorithm, extractable, usages }, _parts, handles) => ({
      value: keepKey(
        handles.keyObject(key).toCryptoKey(algorithm as never, extractable, usages as never),
        handles,
      ),
    }),
  }),
  "key.make": defineOperation({
    args: v.strictObject({
      kind: v.picklist(["ec", "ed25519", "ed448", "x25519", "x448"]),
      namedCurve: v.optional(word),
    }),
    run({ kind, namedCurve }, _parts, handles) {
      handles.keys.check(2);
      const options = kind === "ec" ? { namedCurve } : undefined;
      return { value: keepPair(crypto.generateKeyPairSync(kind as "ec", options as never), handles) };
    },
  }),
  sign: defineOperation({
    args: Sign,
    parts: ["data"],
    run: (args, { data }, handles) => signNow(args, data, handles),
  }),
  verify,
  agree: defineOperation({
    args: v.strictObject({ privateKey: count, publicKey: count }),
    run: ({ privateKey, publicKey }, _parts, handles) => ({
      bytes: crypto.diffieHellman({
        privateKey: handles.keyObject(privateKey),
        publicKey: handles.keyObject(publicKey),
      }),
    }),
  }),
  rsa: defineOperation({
    args: v.strictObject({
      method: RsaMethods,
      key: count,
      padding: v.optional(count),
      oaepHash: v.optional(word),
    }),
    parts: ["data"],
    optional: ["label"],
    run({ method, key, padding, oaepHash }, { data, label }, handles) {
      const options = {
        key: handles.keyObject(key),
        ...(padding === undefined ? {} : { padding }),
        ...(oaepHash === undefined ? {} : { oaepHash }),
        ...(label === undefined ? {} : { oaepLabel: label }),
      };
      return { bytes: crypto[method](options, data) };
    },
  }),
  "ecdh.public": defineOperation({
    args: v.strictObject({ curve: word, compressed: v.boolean() }),
    parts: ["privateKey"],
    run({ curve, compressed }, { privateKey }) {
      const ecdh = crypto.createECDH(curve);
      ecdh.setPrivateKey(privateKey);
      return { bytes: ecdh.getPublicKey(null, compressed ? "compressed" : "uncompressed") };
    },
  }),
  "ecdh.make": defineOperation({
    args: v.strictObject({ curve: word }),
    run({ curve }) {
      const ecdh = crypto.createECDH(curve);
      ecdh.generateKeys();
      return { bytes: ecdh.getPrivateKey() };
    },
  }),
  "ecdh.secret": defineOperation({
    args: v.strictObject({ curve: word }),
    parts: ["privateKey", "publicKey"],
    run({ curve }, { privateKey, publicKey }) {
      const ecdh = crypto.createECDH(curve);
      ecdh.setPrivateKey(privateKey);
      return { bytes: ecdh.computeSecret(publicKey) };
    },
  }),
};

export const keyJobs = {
  "key.makeRsa": defineOperation({
    args: v.strictObject({
      kind: v.picklist(["rsa", "rsa-pss"]),
      modulusLength: v.pipe(count, v.minValue(1)),
      publicExponent: v.pipe(count, v.maxValue(0xffff_ffff)),
      hashAlgorithm: v.optional(word),
      mgf1HashAlgorithm: v.optional(word),
      saltLength: v.optional(count),
    }),
    isHeavy: () => true,
    async run({ kind, ...options }, _parts, handles) {
      if (options.modulusLength > NATIVE.rsaBits) {
        throw new NativeRefusal(
          `Cannot make an RSA key of ${options.modulusLength} bits: the limit is ${NATIVE.rsaBits}`,
        );
      }
      if (options.publicExponent % 2 !== 1 || options.publicExponent < 3) {
        throw new RangeError("The public exponent must be odd and above one");
      }
      handles.keys.check(2);
      return { value: keepPair(await generateKeyPair(kind as "rsa", options as never), handles) };
    },
  }),
  verify,
  /** RSA's signatures take some milliseconds each. */
  sign: defineOperation({
    args: Sign,
    parts: ["data"],
    async run(args, { data }, handles) {
      const key = signingKey(args, handles);
      const { promise, resolve, reject } = Promise.withResolvers<NativeAnswer>();
      crypto.sign(args.algorithm, data, key, (error, bytes) => (error ? reject(error) : resolve({ bytes })));
      return promise;
    },
  }),
};
