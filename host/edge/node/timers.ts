/**
 * `node:timers`, and the timers of installed libraries: handles as Node's, which can be unreferenced and refreshed.
 *
 * A handle also stands for its number, so it can be given to the isolate's own `clearTimeout`. Nothing waits for
 * timers here: `unref` changes nothing. The isolate's functions are looked up at each call, as `node:async_hooks`
 * puts its own in their place.
 */
import promises from "node:timers/promises";

type Callback = (...args: never[]) => void;
type Kind = "setTimeout" | "setInterval";

class Timeout {
  #timer: unknown;
  #referenced = true;
  readonly #start: () => unknown;

  constructor(kind: Kind, callback: Callback, ms: number | undefined, args: readonly unknown[]) {
    this.#start = () => globalThis[kind](callback as () => void, ms, ...(args as []));
    this.#timer = this.#start();
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  refresh(): this {
    this.close();
    this.#timer = this.#start();
    return this;
  }

  close(): this {
    globalThis.clearTimeout(this.#timer as never);
    return this;
  }

  [Symbol.toPrimitive](): unknown {
    return this.#timer;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function clear(handle: unknown): void {
  if (handle instanceof Timeout) handle.close();
  else globalThis.clearTimeout(handle as never);
}

export default {
  clearImmediate: clear,
  clearInterval: clear,
  clearTimeout: clear,
  promises,
  setImmediate: (callback: Callback, ...args: unknown[]) => new Timeout("setTimeout", callback, 0, args),
  setInterval: (callback: Callback, ms?: number, ...args: unknown[]) =>
    new Timeout("setInterval", callback, ms, args),
  setTimeout: (callback: Callback, ms?: number, ...args: unknown[]) =>
    new Timeout("setTimeout", callback, ms, args),
};
