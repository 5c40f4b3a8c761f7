/**
 * `AbortController` and `AbortSignal` (DOM standard, section 3), with `abort`, `timeout` and `any`.
 *
 * Only a controller, or this file, can make a signal or fire it. A signal of `any` hangs on the signals that can be
 * fired themselves, never on another of `any`, and is marked before a listener of any of them runs.
 */
import { Event } from "./event.ts";
import { EventTarget, fire, useSignals } from "./event-target.ts";
import { defineHandlers } from "./event-handlers.ts";
import { setTimeout } from "./timers.ts";
import { enforcedLength, shape, wants } from "./web-idl.ts";

/** Known only here: without it the constructor refuses. */
const MAKER = Symbol("maker");
let abort: (signal: AbortSignal, reason: unknown) => void;
let depend: (signal: AbortSignal, sources: readonly AbortSignal[]) => void;
let listen: (signal: AbortSignal, stop: () => void) => void;
let isOne: (value: unknown) => value is AbortSignal;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  /** Run before the event is fired. */
  #algorithms: (() => void)[] = [];
  #dependents: AbortSignal[] = [];
  #sources: readonly AbortSignal[] | null = null;

  static {
    isOne = (value): value is AbortSignal => typeof value === "object" && value !== null && #aborted in value;
    const mark = (signal: AbortSignal, reason: unknown) => {
      signal.#aborted = true;
      signal.#reason = reason;
    };
    const tell = (signal: AbortSignal) => {
      const algorithms = signal.#algorithms;
      signal.#algorithms = [];
      for (const algorithm of algorithms) algorithm();
      fire(signal, new Event("abort"));
    };
    abort = (signal, given) => {
      if (signal.#aborted) return;
      const reason =
        given === undefined ? new DOMException("This operation was aborted", "AbortError") : given;
      mark(signal, reason);
      const dependents = signal.#dependents.filter((dependent) => !dependent.#aborted);
      signal.#dependents = [];
      for (const dependent of dependents) mark(dependent, reason);
      tell(signal);
      dependents.forEach(tell);
    };
    depend = (signal, sources) => {
      const roots = new Set(sources.flatMap((source) => source.#sources ?? [source]));
      signal.#sources = [...roots];
      for (const root of roots) root.#dependents.push(signal);
    };
    listen = (signal, stop) => void signal.#algorithms.push(stop);
  }

  constructor(maker?: symbol) {
    if (maker !== MAKER) throw new TypeError("Illegal constructor");
    super();
  }

  static abort(reason: unknown = undefined): AbortSignal {
    const signal = new AbortSignal(MAKER);
    abort(signal, reason);
    return signal;
  }

  static timeout(ms: unknown): AbortSignal {
    wants(arguments.length, 1, "AbortSignal.timeout");
    const delay = enforcedLength(ms, "AbortSignal.timeout");
    const signal = new AbortSignal(MAKER);
    setTimeout(() => abort(signal, new DOMException("The operation timed out", "TimeoutError")), delay);
    return signal;
  }

  static any(signals: unknown): AbortSignal {
    wants(arguments.length, 1, "AbortSignal.any");
    const sources = [...(signals as Iterable<unknown>)];
    if (!sources.every(isOne)) throw new TypeError("Cannot use AbortSignal.any: it takes AbortSignals");
    const signal = new AbortSignal(MAKER);
    const already = sources.find((source) => source.aborted);
    if (already !== undefined) abort(signal, already.reason);
    else depend(signal, sources);
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
}

export class AbortController {
  readonly #signal = new AbortSignal(MAKER);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason: unknown = undefined): void {
    abort(this.#signal, reason);
  }
}

useSignals((signal, stop) => listen(signal as AbortSignal, stop), isOne);
shape("AbortSignal", AbortSignal);
Object.defineProperty(AbortSignal, "length", { value: 0, configurable: true });
shape("AbortController", AbortController);
defineHandlers(AbortSignal.prototype, ["abort"], (self) => {
  if (!isOne(self)) throw new TypeError("Illegal invocation");
});
