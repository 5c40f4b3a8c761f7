/** Randomness for isolates, and derivation of keys as `node:crypto` has it: HKDF, PBKDF2, scrypt. */
import { getCiphers, getCurves, getHashes, hkdfSync, pbkdf2, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import * as v from "valibot";
import { NATIVE } from "#host/base/limits.ts";
import { defineOperation, NativeRefusal } from "./native-operation.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = v.pipe(v.string(), v.maxLength(64));
const deriveByPbkdf2 = promisify(pbkdf2);
const deriveByScrypt = promisify<Uint8Array, Uint8Array, number, object, Buffer>(scrypt);
/** Bytes of one block of the shortest hash: what is derived takes at most so many rounds. */
const SHORTEST_HASH = 16;

function checkLength(length: number): void {
  if (length > NATIVE.secretBytes) {
    throw new NativeRefusal(`Cannot derive ${length} bytes: the limit is ${NATIVE.secretBytes}`);
  }
}

export const deriveOperations = {
  random: defineOperation({
    args: v.strictObject({ bytes: v.pipe(count, v.maxValue(NATIVE.randomBytes)) }),
    run: ({ bytes }) => ({ bytes: randomBytes(bytes) }),
  }),
  hkdf: defineOperation({
    args: v.strictObject({ algorithm: word, length: count }),
    parts: ["key", "salt", "info"],
    run({ algorithm, length }, { key, salt, info }) {
      checkLength(length);
      return { bytes: new Uint8Array(hkdfSync(algorithm, key, salt, info, length)) };
    },
  }),
  /** The names that `getHashes`, `getCiphers` and `getCurves` list. */
  names: defineOperation({
    args: v.strictObject({ of: v.picklist(["hashes", "ciphers", "curves"]) }),
    run: ({ of }) => ({
      value: of === "hashes" ? getHashes() : of === "ciphers" ? getCiphers() : getCurves(),
    }),
  }),
};

export const deriveJobs = {
  pbkdf2: defineOperation({
    args: v.strictObject({ algorithm: word, iterations: count, length: count }),
    parts: ["password", "salt"],
    isHeavy: ({ iterations, length }) => iterations * (length / SHORTEST_HASH) > NATIVE.lightRounds,
    async run({ algorithm, iterations, length }, { password, salt }) {
      checkLength(length);
      if (iterations * Math.ceil(length / SHORTEST_HASH / 2) > NATIVE.rounds) {
        throw new NativeRefusal(
          `Cannot derive with ${iterations} rounds: the limit is ${NATIVE.rounds} in all`,
        );
      }
      return { bytes: await deriveByPbkdf2(password, salt, iterations, length, algorithm) };
    },
  }),
  scrypt: defineOperation({
    args: v.strictObject({ N: count, r: count, p: count, length: count }),
    parts: ["password", "salt"],
    isHeavy: () => true,
    async run({ N, r, p, length }, { password, salt }) {
      checkLength(length);
      if (128 * N * r > NATIVE.scryptBytes || N * r * p > NATIVE.scryptSteps || p * r > 1024) {
        throw new NativeRefusal(
          `Cannot derive with N ${N}, r ${r}, p ${p}: the limit is ${NATIVE.scryptBytes} bytes and ${NATIVE.scryptSteps} steps`,
        );
      }
      const options = { N, r, p, maxmem: 2 * NATIVE.scryptBytes };
      return { bytes: await deriveByScrypt(password, salt, length, options) };
    },
  }),
};
