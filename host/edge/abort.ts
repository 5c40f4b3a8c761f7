/**
 * `AbortController` and `AbortSignal` (DOM standard, section 3), with `abort`, `timeout` and `any`.
 *
 * Only a controller, or this file, can make a signal or fire it.
 */
import { Event, EventTarget, getEventAttributeValue, setEventAttributeValue } from "event-target-shim";
import { setTimeout } from "./timers.ts";

/** Known only here: without it the constructor refuses. */
const MAKER = Symbol("maker");
let fire: (signal: AbortSignal, reason: unknown) => void;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;

  static {
    fire = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason ?? new DOMException("This operation was aborted", "AbortError");
      signal.dispatchEvent(new Event("abort"));
    };
  }

  constructor(maker?: symbol) {
    super();
    if (maker !== MAKER) throw new TypeError("Illegal constructor");
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(MAKER);
    fire(signal, reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    const signal = new AbortSignal(MAKER);
    setTimeout(() => fire(signal, new DOMException("The operation timed out", "TimeoutError")), ms);
    return signal;
  }

  static any(sources: Iterable<AbortSignal>): AbortSignal {
    const signal = new AbortSignal(MAKER);
    const list = [...sources];
    const already = list.find((source) => source.aborted);
    if (already !== undefined) {
      fire(signal, already.reason);
      return signal;
    }
    for (const source of list) {
      source.addEventListener("abort", () => fire(signal, source.reason), { once: true });
    }
    return signal;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  get onabort() {
    return getEventAttributeValue(this, "abort");
  }

  set onabort(callback) {
    setEventAttributeValue(this, "abort", callback);
  }

  get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }
}

export class AbortController {
  readonly #signal = new AbortSignal(MAKER);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    fire(this.#signal, reason);
  }

  get [Symbol.toStringTag](): string {
    return "AbortController";
  }
}
