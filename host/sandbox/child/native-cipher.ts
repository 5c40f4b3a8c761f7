/** Ciphers for isolates, piece by piece: AES in its modes, and ChaCha20-Poly1305. */
import {
  createCipheriv,
  createDecipheriv,
  type CipherGCM,
  type CipherGCMTypes,
  type DecipherGCM,
} from "node:crypto";
import * as v from "valibot";
import { NativeState } from "./native-handles.ts";
import { defineOperation, NativeRefusal } from "./native-operation.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const State = v.strictObject({ state: count });
const ALGORITHM =
  /^(?:aes-?(?:128|192|256)-(?:cbc|ctr|gcm|ecb|ccm|ocb|cfb|cfb8|ofb)|chacha20(?:-poly1305)?)$/i;

class CipherState extends NativeState {
  readonly cipher: CipherGCM | DecipherGCM;
  constructor(cipher: CipherGCM | DecipherGCM) {
    super();
    this.cipher = cipher;
  }
}

const Open = v.strictObject({
  decrypt: v.boolean(),
  algorithm: v.pipe(v.string(), v.maxLength(64)),
  authTagLength: v.optional(v.pipe(count, v.maxValue(16))),
});

export const cipherOperations = {
  "cipher.open": defineOperation({
    args: Open,
    parts: ["key"],
    optional: ["iv"],
    run(args, { key, iv = null }, { states }) {
      states.check();
      const { decrypt, authTagLength } = args;
      if (!ALGORITHM.test(args.algorithm)) throw unknownCipher();
      const open = decrypt ? createDecipheriv : createCipheriv;
      const options = authTagLength === undefined ? {} : { authTagLength };
      // The declarations know a class for each mode; all have the methods that are used here.
      const cipher = open(args.algorithm as CipherGCMTypes, key, iv as Uint8Array, options);
      return { value: states.add(new CipherState(cipher)) };
    },
  }),
  "cipher.aad": defineOperation({
    args: v.strictObject({ state: count, plaintextLength: v.optional(count) }),
    parts: ["data"],
    run({ state, plaintextLength }, { data }, handles) {
      const { cipher } = handles.state(state, CipherState);
      cipher.setAAD(data, plaintextLength === undefined ? undefined : { plaintextLength });
      return {};
    },
  }),
  "cipher.padding": defineOperation({
    args: v.strictObject({ state: count, padding: v.boolean() }),
    run({ state, padding }, _parts, handles) {
      handles.state(state, CipherState).cipher.setAutoPadding(padding);
      return {};
    },
  }),
  "cipher.setTag": defineOperation({
    args: State,
    parts: ["tag"],
    run({ state }, { tag }, handles) {
      const { cipher } = handles.state(state, CipherState);
      if (!("setAuthTag" in cipher)) throw new NativeRefusal("A cipher makes its tag", "InvalidStateError");
      cipher.setAuthTag(tag);
      return {};
    },
  }),
  "cipher.tag": defineOperation({
    args: State,
    run({ state }, _parts, handles) {
      const { cipher } = handles.state(state, CipherState);
      if (!("getAuthTag" in cipher))
        throw new NativeRefusal("A decipher is given its tag", "InvalidStateError");
      return { bytes: cipher.getAuthTag() };
    },
  }),
  "cipher.update": defineOperation({
    args: State,
    parts: ["data"],
    run: ({ state }, { data }, handles) => ({ bytes: handles.state(state, CipherState).cipher.update(data) }),
  }),
  "cipher.final": defineOperation({
    args: State,
    run: ({ state }, _parts, handles) => ({ bytes: handles.state(state, CipherState).cipher.final() }),
  }),
};

function unknownCipher(): Error {
  return Object.assign(new Error("Unknown cipher"), { code: "ERR_CRYPTO_UNKNOWN_CIPHER" });
}
