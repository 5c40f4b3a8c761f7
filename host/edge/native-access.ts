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

/** Not a constructor: what looks for one would call the function with what it makes up, and that ends the isolate. */
const plain =
  <Args extends unknown[], Result>(act: (...args: Args) => Result) =>
  (...args: Args): Result =>
    act(...args);

const access = Object.freeze({
  native: Object.freeze({
    now: plain(nativeNow),
    job: plain(nativeJob),
    wait: plain(nativeWait),
    hold: plain(holdNative),
    free: plain(freeNative),
    forget: plain(forgetNative),
    limits: (): NativeLimits => limits().native,
  }),
  crypto: Object.freeze({
    randomBytes: plain(randomBytes),
    createKey: plain(createKey),
    keyHandle: plain(keyHandle),
  }),
  // As `ctx.storage`: an effect belongs to the call that runs when it is asked for, and is decided as those are.
  storage: Object.freeze(createStorage(new AbortController().signal)),
});

Object.defineProperty(globalThis, Symbol.for("openclaw.native"), { value: access });
