/** Web Crypto's manners: classes, names of algorithms, usages, formats, and the error of each failure. */
import { is, ok, rejects, rejectsDom, same, throws, throwsDom, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const { subtle } = crypto;
const data = new Uint8Array(16);
const exponent = new Uint8Array([1, 0, 1]);
const USES: readonly KeyUsage[] = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "wrapKey",
  "unwrapKey",
  "deriveKey",
  "deriveBits",
];

interface Kind {
  readonly algorithm: { readonly name: string } & Readonly<Record<string, unknown>>;
  readonly usages: readonly KeyUsage[];
  readonly pair: boolean;
}

const rsa = (name: string) => ({ name, modulusLength: 2048, publicExponent: exponent, hash: "SHA-256" });
const KINDS: readonly Kind[] = [
  ...["AES-CTR", "AES-CBC", "AES-GCM"].map((name) => ({
    algorithm: { name, length: 256 },
    usages: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] as const,
    pair: false,
  })),
  { algorithm: { name: "AES-KW", length: 128 }, usages: ["wrapKey", "unwrapKey"], pair: false },
  { algorithm: { name: "HMAC", hash: "SHA-256" }, usages: ["sign", "verify"], pair: false },
  { algorithm: rsa("RSASSA-PKCS1-v1_5"), usages: ["sign", "verify"], pair: true },
  { algorithm: rsa("RSA-PSS"), usages: ["sign", "verify"], pair: true },
  { algorithm: rsa("RSA-OAEP"), usages: ["encrypt", "decrypt", "wrapKey", "unwrapKey"], pair: true },
  ...["P-256", "P-384", "P-521"].flatMap((namedCurve) => [
    { algorithm: { name: "ECDSA", namedCurve }, usages: ["sign", "verify"] as const, pair: true },
    { algorithm: { name: "ECDH", namedCurve }, usages: ["deriveKey", "deriveBits"] as const, pair: true },
  ]),
  { algorithm: { name: "Ed25519" }, usages: ["sign", "verify"], pair: true },
  { algorithm: { name: "X25519" }, usages: ["deriveKey", "deriveBits"], pair: true },
];
const title = ({ algorithm }: Kind) => `${algorithm.name} ${String(algorithm.namedCurve ?? "")}`.trim();

type Made = CryptoKey & CryptoKeyPair;
const generate = (algorithm: object, usages: readonly string[], extractable = true) =>
  subtle.generateKey(untyped(algorithm), extractable, untyped(usages)) as unknown as Promise<Made>;

for (const kind of KINDS) {
  test(`generateKey: ${title(kind)} describes what it made`, async () => {
    const named = { ...kind.algorithm, name: kind.algorithm.name.toLowerCase() };
    const made = await generate(named, kind.usages, false);
    const keys = kind.pair ? [made.publicKey, made.privateKey] : [made];
    for (const key of keys) {
      is(key instanceof CryptoKey, true);
      is(Object.prototype.toString.call(key), "[object CryptoKey]");
      is(key.algorithm.name, kind.algorithm.name);
      is(key.algorithm, key.algorithm);
      is(key.extractable, key.type === "public");
      ok(
        key.usages.every((usage) => kind.usages.includes(usage)),
        "the usages",
      );
    }
    same(
      keys.map(({ type }) => type),
      kind.pair ? ["public", "private"] : ["secret"],
    );
  });

  test(`generateKey: ${title(kind)} refuses usages of others, and none at all`, async () => {
    const others = USES.filter((usage) => !kind.usages.includes(usage));
    for (const usage of others)
      await rejectsDom("SyntaxError", generate(kind.algorithm, [...kind.usages, usage]));
    await rejectsDom("SyntaxError", generate(kind.algorithm, []));
    await rejects(TypeError, generate(kind.algorithm, ["Sign"]));
  });

  test(`exportKey and importKey: ${title(kind)} there and back in every format`, async () => {
    const made = await generate(kind.algorithm, kind.usages);
    const keys = kind.pair ? [made.publicKey, made.privateKey] : [made];
    for (const key of keys) {
      const formats = { public: ["spki", "jwk"], private: ["pkcs8", "jwk"], secret: ["raw", "jwk"] }[
        key.type
      ];
      for (const format of formats) {
        const exported = await subtle.exportKey(untyped(format), key);
        const back = await subtle.importKey(
          untyped(format),
          untyped(exported),
          untyped(kind.algorithm),
          true,
          key.usages,
        );
        same(await subtle.exportKey(untyped(format), back), untyped(exported));
        same(back.usages, key.usages);
        await rejectsDom("InvalidAccessError", exportOfLocked(format, exported, kind, key));
      }
      const wrong = key.type === "private" ? "spki" : "pkcs8";
      await rejects(
        key.type === "secret" ? "NotSupportedError" : "InvalidAccessError",
        subtle.exportKey(wrong, key),
      );
    }
  });

  test(`importKey: ${title(kind)} refuses data that is no key`, async () => {
    const format = kind.pair ? "spki" : "raw";
    const usages = kind.pair
      ? untyped(["verify", "encrypt"].filter((use) => kind.usages.includes(untyped(use))))
      : kind.usages;
    const empty = new Uint8Array(0);
    await rejectsDom(
      "DataError",
      subtle.importKey(format, empty, untyped(kind.algorithm), true, untyped(usages)),
    );
    await rejectsDom(
      "DataError",
      subtle.importKey("jwk", { kty: "none" }, untyped(kind.algorithm), true, untyped(usages)),
    );
    await rejects(
      TypeError,
      subtle.importKey(untyped("pem"), data, untyped(kind.algorithm), true, untyped(usages)),
    );
  });
}

async function exportOfLocked(
  format: string,
  exported: unknown,
  kind: Kind,
  key: CryptoKey,
): Promise<unknown> {
  // A public key is always extractable if one says so; not here.
  const locked = await subtle.importKey(
    untyped(format),
    untyped(exported),
    untyped(kind.algorithm),
    false,
    key.usages,
  );
  return subtle.exportKey(untyped(format), locked);
}

test("importKey: bytes are no JWK, and a JWK is no bytes", async () => {
  const aes = { name: "AES-CBC" };
  await rejects(TypeError, subtle.importKey("jwk", untyped(data), aes, true, ["encrypt"]));
  await rejects(
    TypeError,
    subtle.importKey("raw", untyped({ kty: "oct", k: "AAAA" }), aes, true, ["encrypt"]),
  );
});

test("every method answers with a promise, whatever it is given", async () => {
  for (const [name, length] of Object.entries({
    encrypt: 3,
    decrypt: 3,
    sign: 3,
    verify: 4,
    digest: 2,
    generateKey: 3,
    deriveKey: 5,
    deriveBits: 2,
    importKey: 5,
    exportKey: 2,
    wrapKey: 4,
    unwrapKey: 7,
  })) {
    const method = Reflect.get(subtle, name) as (...args: unknown[]) => Promise<unknown>;
    is(method.length, length, `${name}.length`);
    await rejects(TypeError, method.call(subtle));
    await rejects(TypeError, method.call({}, ...Array.from({ length }, () => data)));
    await rejects(TypeError, method.call(subtle, ...Array.from({ length }, () => null)));
  }
});

test("a key is used for what it is for, by its own algorithm", async () => {
  const key = await generate({ name: "AES-GCM", length: 128 }, ["encrypt"]);
  const gcm = { name: "AES-GCM", iv: data };
  await rejectsDom("InvalidAccessError", subtle.decrypt(gcm, key, data));
  await rejectsDom("InvalidAccessError", subtle.encrypt({ name: "AES-CBC", iv: data }, key, data));
  await rejectsDom("InvalidAccessError", subtle.sign("HMAC", key, data));
  await rejectsDom("NotSupportedError", subtle.encrypt("HMAC", key, data));
  await rejectsDom("NotSupportedError", subtle.encrypt("AES-GCM-SIV", key, data));
  await rejects(TypeError, subtle.encrypt("AES-GCM", key, data));
  await rejects(TypeError, subtle.encrypt({ name: "AES-GCM", iv: untyped("text") }, key, data));
  await rejects(TypeError, subtle.encrypt(untyped({}), key, data));
  await rejectsDom("OperationError", subtle.encrypt({ ...gcm, tagLength: 33 }, key, data));
  await rejects(TypeError, subtle.encrypt({ ...gcm, tagLength: 256 }, key, data));
});

test("wrong sizes have their errors", async () => {
  await rejectsDom("OperationError", generate({ name: "AES-CBC", length: 100 }, ["encrypt"]));
  await rejects(TypeError, generate({ name: "AES-CBC", length: 2 ** 16 }, ["encrypt"]));
  await rejectsDom("OperationError", generate({ name: "HMAC", hash: "SHA-1", length: 0 }, ["sign"]));
  await rejectsDom(
    "OperationError",
    generate({ ...rsa("RSA-PSS"), publicExponent: new Uint8Array([1]) }, ["sign"]),
  );
  await rejectsDom("NotSupportedError", generate({ name: "ECDSA", namedCurve: "P-512" }, ["sign"]));
  const cbc = await generate({ name: "AES-CBC", length: 128 }, ["encrypt", "decrypt"]);
  await rejectsDom("OperationError", subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(15) }, cbc, data));
  await rejectsDom("OperationError", subtle.decrypt({ name: "AES-CBC", iv: data }, cbc, new Uint8Array(15)));
  const ctr = await generate({ name: "AES-CTR", length: 128 }, ["encrypt"]);
  await rejectsDom(
    "OperationError",
    subtle.encrypt({ name: "AES-CTR", counter: data, length: 0 }, ctr, data),
  );
});

test("deriveKey makes keys that agree on both sides", async () => {
  for (const algorithm of [{ name: "ECDH", namedCurve: "P-256" }, { name: "X25519" }]) {
    const [a, b] = await Promise.all([
      generate(algorithm, ["deriveKey"]),
      generate(algorithm, ["deriveKey"]),
    ]);
    const derive = (own: Made, other: Made) =>
      subtle.deriveKey(
        { name: algorithm.name, public: other.publicKey },
        own.privateKey,
        { name: "AES-GCM", length: 256 },
        true,
        ["encrypt"],
      );
    const [left, right] = await Promise.all([derive(a, b), derive(b, a)]);
    same(await subtle.exportKey("raw", left), untyped(await subtle.exportKey("raw", right)));
  }
});

test("RSA-OAEP seals, RSA-PSS and ECDSA sign, wrapKey wraps a JWK", async () => {
  const oaep = await generate(rsa("RSA-OAEP"), ["encrypt", "decrypt"]);
  const label = new TextEncoder().encode("label");
  const sealed = await subtle.encrypt({ name: "RSA-OAEP", label }, oaep.publicKey, data);
  same(new Uint8Array(await subtle.decrypt({ name: "RSA-OAEP", label }, oaep.privateKey, sealed)), data);
  await rejectsDom("OperationError", subtle.decrypt({ name: "RSA-OAEP" }, oaep.privateKey, sealed));
  const pss = await generate(rsa("RSA-PSS"), ["sign", "verify"]);
  const signature = await subtle.sign({ name: "RSA-PSS", saltLength: 20 }, pss.privateKey, data);
  is(await subtle.verify({ name: "RSA-PSS", saltLength: 20 }, pss.publicKey, signature, data), true);
  is(await subtle.verify({ name: "RSA-PSS", saltLength: 21 }, pss.publicKey, signature, data), false);
  const ecdsa = await generate({ name: "ECDSA", namedCurve: "P-521" }, ["sign", "verify"]);
  const sha = { name: "ECDSA", hash: "SHA-512" };
  is((await subtle.sign(sha, ecdsa.privateKey, data)).byteLength, 132);
  const wrapping = await generate({ name: "AES-GCM", length: 256 }, ["wrapKey", "unwrapKey"]);
  const gcm = { name: "AES-GCM", iv: data };
  const wrapped = await subtle.wrapKey("jwk", ecdsa.privateKey, wrapping, gcm);
  const back = await subtle.unwrapKey(
    "jwk",
    wrapped,
    wrapping,
    gcm,
    { name: "ECDSA", namedCurve: "P-521" },
    false,
    ["sign"],
  );
  is(await subtle.verify(sha, ecdsa.publicKey, await subtle.sign(sha, back, data), data), true);
});

test("what a caller changes after the call changes nothing", async () => {
  const changing = new Uint8Array([1, 2, 3]);
  const digest = subtle.digest("SHA-256", changing);
  changing.fill(0);
  same(await digest, untyped(await subtle.digest("SHA-256", new Uint8Array([1, 2, 3]))));
});

test("getRandomValues fills integer arrays, up to its quota", () => {
  for (const View of [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
  ]) {
    const view = new View(8);
    is(crypto.getRandomValues(untyped(view)), untyped(view));
    ok(
      view.some((value) => value !== 0 && value !== 0n),
      View.name,
    );
    is(crypto.getRandomValues(new Uint8Array(0)).length, 0);
    throws("QuotaExceededError", () =>
      crypto.getRandomValues(untyped(new View(65_536 / View.BYTES_PER_ELEMENT + 1))),
    );
  }
  for (const view of [new Float32Array(4), new Float64Array(4), new DataView(new ArrayBuffer(4))]) {
    throwsDom("TypeMismatchError", () => crypto.getRandomValues(untyped(view)));
  }
  throws(TypeError, () => crypto.getRandomValues(untyped([1, 2])));
  throws(TypeError, () => crypto.getRandomValues(untyped(new ArrayBuffer(4))));
});

test("randomUUID makes version 4 of variant 1, each another", () => {
  const made = new Set(Array.from({ length: 200 }, () => crypto.randomUUID()));
  is(made.size, 200);
  for (const uuid of made)
    ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), uuid);
});

test("the classes cannot be made, and have the shape of interfaces", () => {
  for (const Class of [Crypto, SubtleCrypto, CryptoKey])
    throws(TypeError, () => Reflect.construct(Class, []));
  is(Object.prototype.toString.call(crypto), "[object Crypto]");
  is(Object.prototype.toString.call(subtle), "[object SubtleCrypto]");
  is(crypto instanceof Crypto && subtle instanceof SubtleCrypto, true);
  is(crypto.subtle, crypto.subtle);
  for (const name of ["getRandomValues", "randomUUID", "subtle"])
    ok(Object.keys(Crypto.prototype).includes(name), name);
  same(Object.keys(CryptoKey.prototype).sort(), ["algorithm", "extractable", "type", "usages"]);
  throws(TypeError, () => Reflect.get(CryptoKey.prototype, "type", {}));
});

test("a key is cloned, its copy works after it, and what cannot leave it stays there", async () => {
  const made = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  const copy = structuredClone(made);
  same([copy instanceof CryptoKey, copy === made, copy.extractable], [true, false, false]);
  same([copy.algorithm, [...copy.usages]], [made.algorithm, [...made.usages]]);
  const data = new Uint8Array([1, 2, 3]);
  const signature = await crypto.subtle.sign("HMAC", copy, data);
  is(await crypto.subtle.verify("HMAC", made, signature, data), true);
  await rejectsDom("InvalidAccessError", crypto.subtle.exportKey("raw", copy));
});
