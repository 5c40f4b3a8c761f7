/** `node:events`: the `events` package, with what Node has added since. */
import EventEmitter from "events/";
import { abortError } from "./abort-error.ts";
import { AsyncResource } from "./async-context.ts";
import { iterateEvents } from "./event-iterator.ts";

type Emitter = InstanceType<typeof EventEmitter>;
type Listener = (...args: unknown[]) => void;
type OnceOptions = { readonly signal?: AbortSignal };

const errorMonitor: unique symbol = Symbol("events.errorMonitor");
const captureRejectionSymbol = Symbol.for("nodejs.rejection");
const maxListeners = new WeakMap<EventTarget, number>();
const { emit } = EventEmitter.prototype;

/** Whoever watches for errors hears of them first, and does not count as having handled them. */
EventEmitter.prototype.emit = function (this: Emitter, name: string | symbol, ...args: unknown[]): boolean {
  if (name === "error" && this.listenerCount(errorMonitor) > 0) {
    Reflect.apply(emit, this, [errorMonitor, ...args]);
  }
  return Reflect.apply(emit, this, [name, ...args]) as boolean;
};

function isEmitter(value: unknown): value is Emitter {
  return typeof (value as Partial<Emitter> | null)?.on === "function";
}

function listen(target: Emitter | EventTarget, name: string, listener: Listener): () => void {
  if (isEmitter(target)) {
    target.on(name, listener);
    return () => void target.removeListener(name, listener);
  }
  target.addEventListener(name, listener as never);
  return () => target.removeEventListener(name, listener as never);
}

function once(target: Emitter | EventTarget, name: string, { signal }: OnceOptions = {}): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(signal));
      return;
    }
    const stops: (() => void)[] = [];
    const settle = (how: () => void) => {
      for (const stop of stops) stop();
      how();
    };
    stops.push(listen(target, name, (...args) => settle(() => resolve(args))));
    if (isEmitter(target) && name !== "error") {
      stops.push(listen(target, "error", (error) => settle(() => reject(error))));
    }
    if (signal !== undefined)
      stops.push(listen(signal, "abort", () => settle(() => reject(abortError(signal)))));
  });
}

function addAbortListener(signal: AbortSignal, listener: Listener): Disposable {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener("abort", listener as never, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener as never) };
}

function setMaxListeners(count = 10, ...targets: (Emitter | EventTarget)[]): void {
  if (targets.length === 0) EventEmitter.defaultMaxListeners = count;
  for (const target of targets) {
    if ("setMaxListeners" in target) target.setMaxListeners(count);
    else maxListeners.set(target, count);
  }
}

class EventEmitterAsyncResource extends EventEmitter {
  readonly asyncResource: AsyncResource;

  constructor(options: { readonly name?: string } | string = {}) {
    super();
    const name = typeof options === "string" ? options : options.name;
    this.asyncResource = new AsyncResource(name ?? new.target.name);
  }

  override emit(name: string | symbol, ...args: unknown[]): boolean {
    return this.asyncResource.runInAsyncScope(
      EventEmitter.prototype.emit as never,
      this,
      name,
      ...args,
    ) as boolean;
  }

  emitDestroy(): void {
    this.asyncResource.emitDestroy();
  }

  get asyncId(): number {
    return this.asyncResource.asyncId();
  }
}

const extras = {
  EventEmitter,
  EventEmitterAsyncResource,
  addAbortListener,
  captureRejectionSymbol,
  captureRejections: false,
  errorMonitor,
  getEventListeners: (target: Emitter, name: string) => (isEmitter(target) ? target.listeners(name) : []),
  getMaxListeners: (target: Emitter | EventTarget) =>
    isEmitter(target)
      ? target.getMaxListeners()
      : (maxListeners.get(target) ?? EventEmitter.defaultMaxListeners),
  listenerCount: (target: Emitter, name: string) => target.listenerCount(name),
  on: (target: Emitter | EventTarget, name: string, options?: OnceOptions) =>
    iterateEvents((listener) => listen(target, name, listener), {
      onError: (listener) => (isEmitter(target) ? listen(target, "error", listener) : () => {}),
      ...options,
    }),
  once,
  setMaxListeners,
  usingDomains: false,
};

// Node's module is the class itself.
export default Object.assign(EventEmitter, extras);
