/** Hashes and HMACs for isolates, whole or piece by piece. */
import { createHash, createHmac, hash as hashOnce, type Hash, type Hmac } from "node:crypto";
import * as v from "valibot";
import { NATIVE } from "#host/base/limits.ts";
import { NativeState } from "./native-handles.ts";
import { defineOperation } from "./native-operation.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const algorithm = v.pipe(v.string(), v.maxLength(64));
const outputLength = v.optional(v.pipe(count, v.maxValue(NATIVE.secretBytes)));
const State = v.strictObject({ state: count });

class HashState extends NativeState {
  readonly hash: Hash | Hmac;
  constructor(hash: Hash | Hmac) {
    super();
    this.hash = hash;
  }
}

function begin(name: string, key: Uint8Array | undefined, length: number | undefined): Hash | Hmac {
  if (key !== undefined) return createHmac(name, key);
  return createHash(name, length === undefined ? {} : { outputLength: length });
}

const Begin = v.strictObject({ algorithm, outputLength });

export const hashOperations = {
  hash: defineOperation({
    args: Begin,
    parts: ["data"],
    optional: ["key"],
    run(args, { data, key }) {
      if (key === undefined && args.outputLength === undefined) {
        return { bytes: hashOnce(args.algorithm, data, "buffer") };
      }
      return { bytes: begin(args.algorithm, key, args.outputLength).update(data).digest() };
    },
  }),
  "hash.open": defineOperation({
    args: Begin,
    optional: ["key"],
    run: (args, { key }, { states }) => ({
      value: states.add(new HashState(begin(args.algorithm, key, args.outputLength))),
    }),
  }),
  "hash.update": defineOperation({
    args: State,
    parts: ["data"],
    run({ state }, { data }, handles) {
      handles.state(state, HashState).hash.update(data);
      return {};
    },
  }),
  "hash.copy": defineOperation({
    args: State,
    run({ state }, _parts, handles) {
      const { hash } = handles.state(state, HashState);
      if (!("copy" in hash)) throw new TypeError("An HMAC cannot be copied");
      return { value: handles.states.add(new HashState(hash.copy())) };
    },
  }),
  "hash.digest": defineOperation({
    args: State,
    run({ state }, _parts, handles) {
      const { hash } = handles.state(state, HashState);
      handles.freeState(state);
      return { bytes: hash.digest() };
    },
  }),
};
