/** Event handler attributes, `onmessage` and its like (HTML standard, section 8.1.8.1). */
import { apply } from "./apply.ts";
import { ErrorEvent, type Event } from "./event.ts";

interface Target {
  addEventListener(type: string, callback: (event: Event) => void): void;
}

type Handler = (...args: unknown[]) => unknown;

const handlersOf = new WeakMap<object, Map<string, { handler: Handler | null }>>();

/**
 * Gives a class's prototype an `on…` for each type. A handler keeps the place among the listeners that it had when it
 * was first set; `whenSet` is told of each setting.
 */
export function defineHandlers(
  target: object,
  types: readonly string[],
  check: (self: unknown) => void,
  whenSet: (self: object) => void = () => {},
): void {
  for (const type of types) {
    const attribute = {
      get [`on${type}`](): Handler | null {
        check(this);
        return handlersOf.get(this)?.get(type)?.handler ?? null;
      },
      set [`on${type}`](value: unknown) {
        check(this);
        setHandler(this as object as Target, type, isHandler(value) ? value : null);
        whenSet(this);
      },
    };
    const property = Object.getOwnPropertyDescriptor(attribute, `on${type}`);
    Object.defineProperty(target, `on${type}`, { ...property, enumerable: true, configurable: true });
  }
}

function setHandler(target: Target, type: string, handler: Handler | null): void {
  const handlers = handlersOf.get(target) ?? new Map<string, { handler: Handler | null }>();
  handlersOf.set(target, handlers);
  const slot = handlers.get(type);
  if (slot !== undefined) {
    slot.handler = handler;
    return;
  }
  if (handler === null) return;
  const fresh: { handler: Handler | null } = { handler };
  handlers.set(type, fresh);
  target.addEventListener(type, (event) => call(target, fresh.handler, event));
}

function call(target: object, handler: Handler | null, event: Event): void {
  // An object without a call is kept as a value and never called.
  if (typeof handler !== "function") return;
  // The global object's onerror is older than events are: it gets five arguments, and true means that it took care.
  if (target === globalThis && event instanceof ErrorEvent) {
    const { message, filename, lineno, colno, error } = event;
    if (apply(handler, target, [message, filename, lineno, colno, error]) === true) event.preventDefault();
  } else if (apply(handler, target, [event]) === false) event.preventDefault();
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
