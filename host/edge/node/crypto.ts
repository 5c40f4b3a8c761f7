/**
 * `node:crypto` in an isolate, over native work in the child.
 *
 * What blocks in Node blocks this isolate alone, and for a bounded time. Not there: certificates, finite-field
 * Diffie-Hellman, DSA, private keys under a passphrase, engines.
 */

import { createCipheriv, Cipheriv, createDecipheriv, Decipheriv } from "./crypto-cipher.ts";
import { constants } from "./crypto-constants.ts";
import {
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  hkdf,
  hkdfSync,
  pbkdf2,
  pbkdf2Sync,
  pseudoRandomBytes,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  timingSafeEqual,
} from "./crypto-derive.ts";
import { createHash, createHmac, hash, Hash, Hmac } from "./crypto-hash.ts";
import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from "./crypto-key-object.ts";
import {
  createECDH,
  createSign,
  createVerify,
  diffieHellman,
  ECDH,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  sign,
  Sign,
  verify,
  Verify,
} from "./crypto-sign.ts";

import { coded, native } from "./native-work.ts";

const webcrypto = globalThis.crypto;
const { subtle } = webcrypto;

function getRandomValues<View extends ArrayBufferView>(view: View): View {
  return webcrypto.getRandomValues(view as never);
}

const getHashes = names("hashes");
const getCiphers = names("ciphers");
const getCurves = names("curves");

function names(of: "hashes" | "ciphers" | "curves") {
  return () => native.now("names", { of }).value as string[];
}

function getFips(): number {
  return 0;
}

const createDiffieHellman = absent("createDiffieHellman", "use createECDH or x25519 keys");
const getDiffieHellman = absent("getDiffieHellman", "use createECDH or x25519 keys");
const X509Certificate = absent("X509Certificate", "certificates are checked by the broker");

function absent(name: string, instead: string) {
  return function missing(): never {
    throw coded("ERR_METHOD_NOT_IMPLEMENTED", `Cannot use crypto.${name} in an isolate: ${instead}`);
  };
}

export default {
  Cipheriv,
  constants,
  createCipheriv,
  createDecipheriv,
  createDiffieHellman,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  Decipheriv,
  diffieHellman,
  ECDH,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  getCiphers,
  getCurves,
  getDiffieHellman,
  getFips,
  getHashes,
  getRandomValues,
  hash,
  Hash,
  hkdf,
  hkdfSync,
  Hmac,
  KeyObject,
  pbkdf2,
  pbkdf2Sync,
  privateDecrypt,
  privateEncrypt,
  pseudoRandomBytes,
  publicDecrypt,
  publicEncrypt,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  sign,
  Sign,
  subtle,
  timingSafeEqual,
  Verify,
  verify,
  webcrypto,
  X509Certificate,
};
