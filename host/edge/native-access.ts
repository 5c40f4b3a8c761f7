/**
 * What the shims of `node:` modules, which are bundled into plugins, find of the runtime: one frozen object under
 * a symbol of the global one.
 *
 * Gives what any isolate may do anyway, and no authority: native work is bounded by the child whoever asks.
 */
import { createKey, keyHandle } from "./crypto-key.ts";
import { randomBytes } from "./crypto.ts";
import { limits } from "./limits.ts";
import { nativeJob, nativeNow, nativeWait } from "./native.ts";
import { forgetNative, freeNative, holdNative } from "./native-holder.ts";
import { createStorage } from "./storage.ts";
import type { NativeLimits } from "./door-protocol.ts";

const access = Object.freeze({
  native: Object.freeze({
    now: nativeNow,
    job: nativeJob,
    wait: nativeWait,
    hold: holdNative,
    free: freeNative,
    forget: forgetNative,
    limits: (): NativeLimits => limits().native,
  }),
  crypto: Object.freeze({ randomBytes, createKey, keyHandle }),
  // As `ctx.storage`: an effect belongs to the call that runs when it is asked for, and is decided as those are.
  storage: Object.freeze(createStorage(new AbortController().signal)),
});

Object.defineProperty(globalThis, Symbol.for("openclaw.native"), { value: access });
