/** Native work for isolates from inside them: what it does, what it refuses, and what stays the neighbours'. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { NATIVE } from "#host/base/limits.ts";
import { startSandbox, toolCode, type TestSandbox } from "./sandbox-for-tests.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.stop());

const BEFORE = `
  const { native } = globalThis[Symbol.for("openclaw.native")];
  const named = async (work) => { try { await work(); return "none"; } catch (error) { return error.name; } };
  const salt = new Uint8Array(16);
  const password = () => crypto.subtle.importKey("raw", salt, "PBKDF2", false, ["deriveBits"]);
  const derive = (key, iterations) => crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt, iterations }, key, 256);
`;

async function open(body: string): Promise<number> {
  return sandbox.open(toolCode("run", `async () => { ${body} }`, {}, BEFORE));
}

/** What the body returns, as JSON. */
async function inside(body: string): Promise<unknown> {
  const isolate = await open(`return JSON.stringify(await (async () => { ${body} })());`);
  return JSON.parse(await sandbox.text(isolate, { cpuSliceMs: 5_000 }));
}

test("a key made in an isolate encrypts there and is freed with what refers to it", async () => {
  const made = await inside(`
    for (let i = 0; i < ${NATIVE.keys + 500}; i++) await crypto.subtle.importKey("raw", salt, "HKDF", false, ["deriveBits"]);
    const key = await crypto.subtle.generateKey({ name: "aes-gcm", length: 256 }, false, ["encrypt", "decrypt"]);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: salt }, key, salt);
    return [String(key), key.algorithm, [...new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: salt }, key, sealed))]];
  `);
  assert.deepEqual(made, [
    "[object CryptoKey]",
    { name: "AES-GCM", length: 256 },
    Array.from({ length: 16 }, () => 0),
  ]);
});

test("work past a bound is an error that the plugin handles", async () => {
  const names = await inside(`
    const key = await password();
    const rsa = { name: "RSA-PSS", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]) };
    return [
      await named(() => derive(key, 2 ** 31)),
      await named(() => crypto.subtle.generateKey({ ...rsa, modulusLength: 16384 }, true, ["sign"])),
      await named(() => native.job("scrypt", { N: 2 ** 30, r: 8, p: 1, length: 32 }, { password: salt, salt })),
      await named(() => native.now("hash", { algorithm: "sha256" }, { data: new Uint8Array(${NATIVE.syncBytes} + 1) })),
      await named(() => crypto.subtle.digest("SHA-1", new Uint8Array(${NATIVE.jobBytes} + 1))),
      await named(() => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-1", length: 2 ** 31 }, true, ["sign"])),
      await named(() => native.wait("pbkdf2", { algorithm: "sha512", iterations: 3000000, length: 32 }, { password: salt, salt })),
      await named(() => crypto.subtle.exportKey("raw", key)),
    ];
  `);
  assert.deepEqual(names, [...Array.from({ length: 7 }, () => "QuotaExceededError"), "NotSupportedError"]);
});

test("keys and open states past the limit are refused, and the isolate goes on", async () => {
  const result = await inside(`
    const keys = [];
    const refusal = await named(async () => {
      for (let i = 0; i <= ${NATIVE.keys}; i++) keys.push(await crypto.subtle.importKey("raw", salt, "HKDF", false, ["deriveBits"]));
    });
    const states = [];
    const second = await named(() => { for (let i = 0; i <= ${NATIVE.states}; i++) states.push(native.now("hash.open", { algorithm: "md5" }).value); });
    native.free({}, "states", states[0]);
    return [keys.length, refusal, states.length, second, typeof native.now("hash.open", { algorithm: "md5" }).value];
  `);
  assert.deepEqual(result, [
    NATIVE.keys,
    "QuotaExceededError",
    NATIVE.states,
    "QuotaExceededError",
    "number",
  ]);
});

test("the number of another isolate's key means nothing", async () => {
  const owner = await open(`
    globalThis.kept = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign"]);
    return "made";
  `);
  assert.equal(await sandbox.text(owner), "made");
  const names = await inside(`
    const names = new Set();
    for (let key = 0; key < 50; key++) {
      names.add(await named(() => native.job("subtle", { method: "sign", algorithm: { name: "Ed25519" }, key }, { data: salt })));
      names.add(await named(() => native.now("key.export", { key, format: "jwk" })));
    }
    return [...names];
  `);
  assert.deepEqual(names, ["InvalidStateError"]);
});

test("a key that is not extractable does not come out by way of node:crypto's keys", async () => {
  const result = await inside(`
    const { keyHandle } = globalThis[Symbol.for("openclaw.native")].crypto;
    const key = keyHandle(await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
    return [
      await named(() => native.now("key.fromCrypto", { key })),
      await named(() => native.now("key.export", { key, format: "jwk" })),
      await named(() => native.job("subtle", { method: "exportKey", key, format: "raw" })),
    ];
  `);
  assert.deepEqual(result, ["InvalidAccessError", "InvalidAccessError", "InvalidAccessError"]);
});

test("an encrypted private key is not read, however many rounds it asks for", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "" });
  const code = await inside(`
    const data = new TextEncoder().encode(${JSON.stringify(pem)});
    try { native.now("key.import", { type: "private", format: "pem" }, { data }); } catch (error) { return error.code; }
  `);
  assert.match(String(code), /^ERR_(?:MISSING_PASSPHRASE|OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED)$/);
});

test("a decompression bomb costs what is read of it, by stream and by node:zlib's way", async () => {
  const result = await inside(`
    const small = [];
    const packing = new CompressionStream("gzip");
    const writer = packing.writable.getWriter();
    const zeros = new Uint8Array(1024 * 1024);
    void (async () => { for (let i = 0; i < 100; i++) await writer.write(zeros); await writer.close(); })();
    for await (const chunk of packing.readable) small.push(...chunk);
    const bomb = new Uint8Array(small);
    const bombs = Array.from({ length: 20 }, () => new DecompressionStream("gzip"));
    const first = await Promise.all(bombs.map(async ({ readable, writable }) => {
      writable.getWriter().write(bomb).catch(() => {});
      return (await readable.getReader().read()).value.length;
    }));
    const at = await named(() => native.now("zlib.unpack", { kind: "gunzip", options: {} }, { data: bomb.slice(0, 60000) }));
    return [bomb.length < 200000, Math.max(...first) <= 512 * 1024, at];
  `);
  assert.deepEqual(result, [true, true, "RangeError"]);
});

/** Runs the attacker's body in an isolate without end, and answers the neighbour's call times in ms, sorted. */
async function timesBeside(attack: string): Promise<number[]> {
  const attackers = await Promise.all([open(attack), open(attack), open(attack)]);
  const neighbour = await sandbox.open(toolCode("run", `() => "alive"`));
  await sandbox.text(neighbour);
  for (const attacker of attackers) sandbox.start(attacker, { cpuSliceMs: 5_000 });
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    assert.equal(await sandbox.text(neighbour), "alive");
    times.push(performance.now() - start);
  }
  for (const isolate of attackers) sandbox.send({ t: "close", isolate });
  return times.toSorted((a, b) => a - b);
}

const PLAIN_LOOP = `const until = Date.now() + 1500; while (Date.now() < until); return "done"`;

for (const [name, attack] of [
  [
    "derivations as long as allowed",
    `const key = await password(); for (;;) await Promise.all(Array.from({ length: 8 }, () => derive(key, 1_000_000).catch(() => {})));`,
  ],
  [
    "hashes of the largest data at once",
    `const data = new Uint8Array(${NATIVE.syncBytes}); const until = Date.now() + 1500; while (Date.now() < until) try { native.now("hash", { algorithm: "sha512" }, { data }); } catch {} return "done"`,
  ],
  [
    "RSA keys of the largest size",
    `const rsa = { name: "RSA-PSS", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 4096 }; for (;;) await crypto.subtle.generateKey(rsa, true, ["sign"]);`,
  ],
] as const) {
  test(`beside ${name}, a neighbour is answered about as soon as beside plain loops`, async () => {
    const plain = p99Of(await timesBeside(PLAIN_LOOP));
    const beside = p99Of(await timesBeside(attack));
    // A machine that is busy with other things shows in both.
    assert.ok(beside < Math.max(150, 3 * plain), `p99 ${beside} ms, beside plain loops ${plain} ms`);
  });
}

function p99Of(times: readonly number[]): number {
  return times[Math.ceil(times.length * 0.99) - 1] ?? Infinity;
}
