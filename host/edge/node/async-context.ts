/**
 * Which store of which AsyncLocalStorage the running code sees: one immutable frame, carried by hand.
 *
 * Nothing is patched here. `node:async_hooks` carries the frame across promises and timers; without that module in
 * a bundle there is only one frame, and this costs nothing.
 */

/** Stores by their AsyncLocalStorage. Never changed once it is a frame: each `run` makes another. */
type Frame = ReadonlyMap<object, unknown>;

const EMPTY: Frame = new Map();
let current: Frame = EMPTY;

export function currentFrame(): Frame {
  return current;
}

export function setFrame(frame: Frame): void {
  current = frame;
}

/** Runs `body` in a frame, and goes back to the one before whatever happens. */
export function runInFrame<Result>(frame: Frame, body: () => Result): Result {
  const before = current;
  current = frame;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** The function, run in today's frame whenever it is called. */
export function bindFrame<Args extends unknown[], Result>(
  body: (this: unknown, ...args: Args) => Result,
  frame: Frame = current,
): (this: unknown, ...args: Args) => Result {
  return function (this: unknown, ...args: Args): Result {
    return runInFrame(frame, () => body.apply(this, args));
  };
}

let lastId = 1;

/** `AsyncResource`: remembers the frame that it was made in. */
export class AsyncResource {
  readonly type: string;
  readonly #frame = current;
  readonly #id = ++lastId;

  constructor(type: string) {
    if (typeof type !== "string") throw new TypeError('The "type" argument must be of type string');
    this.type = type;
  }

  static bind(body: never, _type?: string, self?: unknown): unknown {
    return bindFrame((...args: never[]) => Reflect.apply(body, self, args));
  }

  bind(body: (...args: unknown[]) => unknown, self?: unknown): (...args: unknown[]) => unknown {
    const run = (own: unknown, args: unknown[]) => this.runInAsyncScope(body, self ?? own, ...args);
    return function (this: unknown, ...args: unknown[]) {
      return run(this, args);
    };
  }

  runInAsyncScope<Result>(body: (...args: never[]) => Result, self?: unknown, ...args: unknown[]): Result {
    return runInFrame(this.#frame, () => Reflect.apply(body, self, args));
  }

  emitDestroy(): this {
    return this;
  }

  asyncId(): number {
    return this.#id;
  }

  triggerAsyncId(): number {
    return 1;
  }
}
