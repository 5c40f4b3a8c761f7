/** Web Crypto held against published vectors: each source is named in its test's title. */
import { is, rejectsDom, same, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const { subtle } = crypto;

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array((hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));
}

function hex(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const text = (value: string) => new TextEncoder().encode(value);
const repeated = (byte: string, times: number) => byte.repeat(times);

for (const [algorithm, message, digest] of [
  ["SHA-1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["SHA-256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "SHA-384",
    "abc",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    "SHA-512",
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  ["SHA-1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
  ["SHA-256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
] as const) {
  test(`FIPS 180: ${algorithm} of "${message}"`, async () => {
    is(hex(await subtle.digest(algorithm, text(message))), digest);
    is(hex(await subtle.digest({ name: algorithm.toLowerCase() }, text(message).buffer)), digest);
  });
}

/** RFC 4231, test cases 1, 2, 3 and 6. */
const HMAC = [
  [
    repeated("0b", 20),
    "4869205468657265",
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
  ],
  [
    "4a656665",
    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
  ],
  [
    repeated("aa", 20),
    repeated("dd", 50),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
  ],
  [
    repeated("aa", 131),
    "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
  ],
] as const;

HMAC.forEach(([key, data, sha256, sha512], index) => {
  test(`RFC 4231: HMAC case ${index + 1}`, async () => {
    for (const [hash, tag] of [
      ["SHA-256", sha256],
      ["SHA-512", sha512],
    ] as const) {
      const usages: KeyUsage[] = ["sign", "verify"];
      const hmac = await subtle.importKey("raw", bytes(key), { name: "HMAC", hash }, false, usages);
      is(hex(await subtle.sign("HMAC", hmac, bytes(data))), tag);
      is(await subtle.verify("hmac", hmac, bytes(tag), bytes(data)), true);
      is(await subtle.verify("HMAC", hmac, bytes(`00${tag.slice(2)}`), bytes(data)), false);
    }
  });
});

for (const [name, hash, ikm, salt, info, length, okm] of [
  [
    "1",
    "SHA-256",
    repeated("0b", 22),
    "000102030405060708090a0b0c",
    "f0f1f2f3f4f5f6f7f8f9",
    42,
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  ],
  [
    "3",
    "SHA-256",
    repeated("0b", 22),
    "",
    "",
    42,
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  ],
  [
    "4",
    "SHA-1",
    repeated("0b", 11),
    "000102030405060708090a0b0c",
    "f0f1f2f3f4f5f6f7f8f9",
    42,
    "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896",
  ],
] as const) {
  test(`RFC 5869: HKDF case ${name}`, async () => {
    const key = await subtle.importKey("raw", bytes(ikm), "HKDF", false, ["deriveBits"]);
    const algorithm = { name: "HKDF", hash, salt: bytes(salt), info: bytes(info) };
    is(hex(await subtle.deriveBits(algorithm, key, length * 8)), okm);
  });
}

for (const [password, salt, iterations, derived] of [
  ["password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"],
  ["password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"],
  ["password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"],
  [
    "passwordPASSWORDpassword",
    "saltSALTsaltSALTsaltSALTsaltSALTsalt",
    4096,
    "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
  ],
] as const) {
  test(`RFC 6070: PBKDF2 of "${password}", ${iterations} rounds`, async () => {
    const key = await subtle.importKey("raw", text(password), "PBKDF2", false, ["deriveBits"]);
    const algorithm = { name: "PBKDF2", hash: "SHA-1", salt: text(salt), iterations };
    is(hex(await subtle.deriveBits(algorithm, key, derived.length * 4)), derived);
  });
}

/** NIST SP 800-38A, F.2.1, F.2.5, F.5.1 and F.5.5: the first block of each. */
const BLOCK = "6bc1bee22e409f96e93d7e117393172a";
const KEY_128 = "2b7e151628aed2a6abf7158809cf4f3c";
const KEY_256 = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

for (const [name, key, iv, expected] of [
  ["AES-CBC", KEY_128, "000102030405060708090a0b0c0d0e0f", "7649abac8119b246cee98e9b12e9197d"],
  ["AES-CBC", KEY_256, "000102030405060708090a0b0c0d0e0f", "f58c4c04d6e5f1ba779eabfb5f7bfbd6"],
  ["AES-CTR", KEY_128, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "874d6191b620e3261bef6864990db6ce"],
  ["AES-CTR", KEY_256, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "601ec313775789a5b7a7f504bbf3d228"],
] as const) {
  test(`NIST SP 800-38A: ${name} with ${key.length * 4} bits`, async () => {
    const aes = await subtle.importKey("raw", bytes(key), name, false, ["encrypt", "decrypt"]);
    const algorithm = name === "AES-CBC" ? { name, iv: bytes(iv) } : { name, counter: bytes(iv), length: 64 };
    const sealed = await subtle.encrypt(algorithm, aes, bytes(BLOCK));
    is(hex(sealed).slice(0, 32), expected);
    is(hex(await subtle.decrypt(algorithm, aes, sealed)), BLOCK);
  });
}

test("the GCM specification, test case 4: AES-GCM with additional data", async () => {
  const key = await subtle.importKey("raw", bytes("feffe9928665731c6d6a8f9467308308"), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  const algorithm = {
    name: "AES-GCM",
    iv: bytes("cafebabefacedbaddecaf888"),
    additionalData: bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  };
  const plain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
  const sealed = await subtle.encrypt(algorithm, key, bytes(plain));
  is(
    hex(sealed),
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
  );
  is(hex(await subtle.decrypt(algorithm, key, sealed)), plain);
  await rejectsDom(
    "OperationError",
    subtle.decrypt({ ...algorithm, iv: bytes("00".repeat(12)) }, key, sealed),
  );
});

test("RFC 3394, 4.1 and 4.6: AES key wrap", async () => {
  for (const [kek, data, wrapped] of [
    [
      "000102030405060708090a0b0c0d0e0f",
      "00112233445566778899aabbccddeeff",
      "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
    ],
    [
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
      "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
    ],
  ] as const) {
    const wrapping = await subtle.importKey("raw", bytes(kek), "AES-KW", false, ["wrapKey", "unwrapKey"]);
    const key = await subtle.importKey("raw", bytes(data), "AES-CBC", true, ["encrypt"]);
    is(hex(await subtle.wrapKey("raw", key, wrapping, "AES-KW")), wrapped);
    const back = await subtle.unwrapKey("raw", bytes(wrapped), wrapping, "AES-KW", "AES-CBC", true, [
      "encrypt",
    ]);
    is(hex(await subtle.exportKey("raw", back)), data);
  }
});

test("RFC 8032, 7.1, test 2: Ed25519 signs and verifies", async () => {
  const d = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const x = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  const pkcs8 = new Uint8Array([...bytes("302e020100300506032b657004220420"), ...d]);
  const priv = await subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const pub = await subtle.importKey("raw", x, "Ed25519", true, ["verify"]);
  is(hex(await subtle.sign("Ed25519", priv, bytes("72"))), signature);
  is(await subtle.verify("Ed25519", pub, bytes(signature), bytes("72")), true);
  is(await subtle.verify("Ed25519", pub, bytes(signature), bytes("73")), false);
});

test("RFC 7748, 6.1: X25519 agrees", async () => {
  const prefix = bytes("302e020100300506032b656e04220420");
  const a = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  const b = bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  const key = await subtle.importKey("pkcs8", new Uint8Array([...prefix, ...a]), "X25519", false, [
    "deriveBits",
  ]);
  const peer = await subtle.importKey("raw", b, "X25519", true, []);
  const secret = await subtle.deriveBits({ name: "X25519", public: peer }, key, 256);
  is(hex(secret), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
});

test("RFC 6979, A.2.5: an ECDSA signature on P-256 verifies", async () => {
  const x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
  const y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
  const key = await subtle.importKey(
    "raw",
    bytes(`04${x}${y}`),
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["verify"],
  );
  const signature =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  is(await subtle.verify(algorithm, key, bytes(signature), text("sample")), true);
  is(await subtle.verify(algorithm, key, bytes(signature), text("test")), false);
});

test("RFC 7515, A.2: an RS256 signature verifies with its JWK", async () => {
  const jwk = {
    kty: "RSA",
    n: "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    e: "AQAB",
  };
  const signed =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  const raw = Uint8Array.from(atob(signature.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
    char.charCodeAt(0),
  );
  const key = await subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, true, [
    "verify",
  ]);
  is(await subtle.verify("RSASSA-PKCS1-v1_5", key, raw, text(signed)), true);
  is(await subtle.verify("RSASSA-PKCS1-v1_5", key, raw, text(`${signed}x`)), false);
  same(await subtle.exportKey("jwk", key), untyped({ ...jwk, alg: "RS256", ext: true, key_ops: ["verify"] }));
});
