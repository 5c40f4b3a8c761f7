/**
 * `node:async_hooks`: AsyncLocalStorage whose store survives `await`, timers, microtasks and events.
 *
 * V8 tells an isolate nothing about its promise jobs. So the bundler turns `async` functions of a bundle that imports this
 * module into generators, whose every step goes through `Promise.prototype.then`, and `then` is patched here, in this
 * isolate alone. What the edge runtime itself awaits in between is not seen and need not be: the plugin's own `then` on
 * its promise is. Not there: `createHook`'s events.
 */
import { AsyncResource, bindFrame, currentFrame, runInFrame, setFrame } from "./async-context.ts";

const { then } = Promise.prototype;

function carried(callback: unknown): never {
  return (typeof callback === "function" ? bindFrame(callback as () => unknown) : callback) as never;
}

/** Under the original's name and length, which libraries look at. */
function carryingThen(this: Promise<unknown>, onFulfilled: unknown, onRejected: unknown): unknown {
  return Reflect.apply(then, this, [carried(onFulfilled), carried(onRejected)]);
}

Object.defineProperty(carryingThen, "name", { value: "then" });
// oxlint-disable-next-line no-extend-native, unicorn/no-thenable -- what this module is for; no other isolate has it
Object.defineProperty(Promise.prototype, "then", { value: carryingThen, writable: true, configurable: true });

for (const name of ["setTimeout", "setInterval", "queueMicrotask"] as const) {
  const original = globalThis[name] as (callback: unknown, ...rest: unknown[]) => unknown;
  const value = (callback: unknown, ...rest: unknown[]) => original(carried(callback), ...rest);
  Object.defineProperty(value, "name", { value: name });
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

class AsyncLocalStorage<Store> {
  readonly name: string;
  readonly #defaultValue: Store | undefined;

  constructor(options: { readonly name?: string; readonly defaultValue?: Store } = {}) {
    this.name = options.name ?? "";
    this.#defaultValue = options.defaultValue;
  }

  static bind(body: () => unknown): unknown {
    return bindFrame(body);
  }

  static snapshot(): (body: (...args: never[]) => unknown, ...args: unknown[]) => unknown {
    const frame = currentFrame();
    return (body, ...args) => runInFrame(frame, () => Reflect.apply(body, undefined, args));
  }

  getStore(): Store | undefined {
    const frame = currentFrame();
    return frame.has(this) ? (frame.get(this) as Store) : this.#defaultValue;
  }

  run<Result>(store: Store, body: (...args: never[]) => Result, ...args: unknown[]): Result {
    return runInFrame(this.#with(store), () => Reflect.apply(body, undefined, args));
  }

  exit<Result>(body: (...args: never[]) => Result, ...args: unknown[]): Result {
    return runInFrame(this.#without(), () => Reflect.apply(body, undefined, args));
  }

  enterWith(store: Store): void {
    setFrame(this.#with(store));
  }

  disable(): void {
    setFrame(this.#without());
  }

  #with(store: Store): ReadonlyMap<object, unknown> {
    return new Map([...currentFrame(), [this, store]]);
  }

  #without(): ReadonlyMap<object, unknown> {
    return new Map([...currentFrame()].filter(([storage]) => storage !== this));
  }
}

/** Its callbacks are never called: nothing here tells of resources. */
function createHook(): { enable(): unknown; disable(): unknown } {
  return {
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  };
}

export default {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId: () => 1,
  triggerAsyncId: () => 0,
  executionAsyncResource: () => ({}),
  asyncWrapProviders: {},
};
