/** `node:timers/promises`. */
import { abortError } from "./abort-error.ts";

interface Options {
  readonly signal?: AbortSignal;
}

function setTimeout<Value>(ms?: number, value?: Value, { signal }: Options = {}): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(signal));
      return;
    }
    const onAbort = () => {
      globalThis.clearTimeout(timer);
      reject(abortError(signal as AbortSignal));
    };
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

async function* setInterval<Value>(ms?: number, value?: Value, options?: Options) {
  for (;;) yield await setTimeout(ms, value, options);
}

const setImmediate = <Value>(value?: Value, options?: Options) => setTimeout(0, value, options);

export default {
  setImmediate,
  setInterval,
  setTimeout,
  scheduler: {
    wait: (ms: number, options?: Options) => setTimeout(ms, undefined, options),
    yield: () => setImmediate(),
  },
};
