/** A homeserver that knows nothing: the keys are the device's own affair. Asked twice, with a restart in between. */
import assert from "node:assert/strict";
import { listen } from "../counterpart.ts";
import type { Trial } from "../trial.ts";

export const matrixCrypto: Trial = {
  name: "matrix-js-sdk with encryption",
  folder: "matrix-crypto",
  wasm: true,
  heapMiB: 256,
  lives: 2,
  async start() {
    const service = await listen({ answer: () => ({ status: 404, json: { errcode: "M_UNRECOGNIZED" } }) });
    return {
      port: service.port,
      check(first, second) {
        const keys = JSON.parse(first) as Record<string, string>;
        assert.match(keys.ed25519 ?? "", /^[\w+/]{43}$/);
        assert.match(keys.curve25519 ?? "", /^[\w+/]{43}$/);
        assert.deepEqual(JSON.parse(second ?? ""), keys);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};
