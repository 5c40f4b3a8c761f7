/**
 * `EventTarget` (DOM standard, section 2.7). There is no tree here: an event has one target and no way to bubble.
 *
 * Guarantees that a listener's error is reported and stops neither the other listeners nor the dispatch.
 */
import { apply } from "./apply.ts";
import { AT_TARGET, isEvent, NONE, stateOf, type Event } from "./event.ts";
import { reportException } from "./report.ts";
import { domString, shape, wants } from "./web-idl.ts";

type Callback = ((event: Event) => unknown) | { handleEvent?: unknown };

interface Listener {
  readonly type: string;
  readonly callback: Callback;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  removed: boolean;
}

/** The part of an AbortSignal that a listener's `signal` needs. */
export interface StopSignal {
  readonly aborted: boolean;
}

/** Set by `abort.ts`, which itself stands on this file. */
let onStop: (signal: unknown, stop: () => void) => void = () => {};
let isSignal: (value: unknown) => value is StopSignal = (_value): _value is StopSignal => false;

export function useSignals(
  listen: (signal: unknown, stop: () => void) => void,
  check: (value: unknown) => value is StopSignal,
): void {
  onStop = listen;
  isSignal = check;
}

let listenersOf: (target: object) => Listener[];
/** Makes the global object a target: its own listeners, none of the class's fields. */
export let adoptGlobal: () => void;

export class EventTarget {
  #listeners: Listener[] = [];

  static {
    let ofGlobal: Listener[] | null = null;
    listenersOf = (target) => {
      if (ofGlobal !== null && (target === globalThis || target === undefined)) return ofGlobal;
      return (target as EventTarget).#listeners;
    };
    adoptGlobal = () => {
      ofGlobal = [];
    };
  }

  addEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    wants(arguments.length, 2, "addEventListener");
    const listeners = listenersOf(this);
    const name = domString(type);
    const capture = captureOf(options);
    const { once, passive, signal } = optionsOf(options);
    if (signal !== undefined && !isSignal(signal)) {
      throw new TypeError("Cannot add the listener: its signal is no AbortSignal");
    }
    if (!isCallback(callback) || (signal?.aborted ?? false)) return;
    if (listeners.some((other) => isSame(other, name, callback, capture))) return;
    const listener = {
      type: name,
      callback,
      capture,
      once: Boolean(once),
      passive: Boolean(passive),
      removed: false,
    };
    listeners.push(listener);
    if (signal !== undefined) onStop(signal, () => remove(listeners, listener));
  }

  removeEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    wants(arguments.length, 2, "removeEventListener");
    const listeners = listenersOf(this);
    const name = domString(type);
    const capture = captureOf(options);
    if (!isCallback(callback)) return;
    const found = listeners.find((other) => isSame(other, name, callback, capture));
    if (found !== undefined) remove(listeners, found);
  }

  dispatchEvent(event: unknown): boolean {
    wants(arguments.length, 1, "dispatchEvent");
    const listeners = listenersOf(this);
    if (!isEvent(event)) throw new TypeError("Cannot dispatch it: it is no Event");
    const state = stateOf(event);
    if (state.dispatching || !state.initialized) {
      throw new DOMException("Cannot dispatch the event: it is being dispatched", "InvalidStateError");
    }
    state.trusted = false;
    return dispatch(this ?? globalThis, listeners, event);
  }
}

shape("EventTarget", EventTarget);

/** Fires an event that the runtime itself made; false if it was cancelled. */
export function fire(target: object, event: Event, trusted = true): boolean {
  stateOf(event).trusted = trusted;
  return dispatch(target, listenersOf(target), event);
}

function dispatch(target: object, listeners: Listener[], event: Event): boolean {
  const state = stateOf(event);
  Object.assign(state, { dispatching: true, target, currentTarget: target, phase: AT_TARGET });
  const chosen = listeners.filter(({ type }) => type === state.type);
  // At the target those that capture come first.
  for (const capture of [true, false]) {
    if (state.stopped) break;
    for (const listener of chosen) {
      if (listener.capture !== capture || listener.removed) continue;
      invoke(target, listeners, listener, event);
      if (state.stoppedAtOnce) break;
    }
  }
  Object.assign(state, { dispatching: false, currentTarget: null, phase: NONE });
  Object.assign(state, { stopped: false, stoppedAtOnce: false });
  return !state.canceled;
}

function invoke(target: object, listeners: Listener[], listener: Listener, event: Event): void {
  const state = stateOf(event);
  if (listener.once) remove(listeners, listener);
  state.inPassiveListener = listener.passive;
  try {
    const { callback } = listener;
    if (typeof callback === "function") apply(callback, target, [event]);
    else handle(callback, event);
  } catch (thrown) {
    reportException(thrown);
  }
  state.inPassiveListener = false;
}

function handle(callback: { handleEvent?: unknown }, event: Event): void {
  const { handleEvent } = callback;
  if (typeof handleEvent !== "function") {
    throw new TypeError("Cannot call the listener: its handleEvent is not a function");
  }
  apply(handleEvent, callback, [event]);
}

function remove(listeners: Listener[], listener: Listener): void {
  listener.removed = true;
  const index = listeners.indexOf(listener);
  if (index >= 0) listeners.splice(index, 1);
}

function isSame(other: Listener, type: string, callback: Callback, capture: boolean): boolean {
  return other.type === type && other.callback === callback && other.capture === capture;
}

function isCallback(value: unknown): value is Callback {
  if (value === null || value === undefined) return false;
  if (typeof value === "object" || typeof value === "function") return true;
  throw new TypeError("Cannot use the listener: it is neither a function nor an object");
}

function optionsOf(options: unknown): { once?: unknown; passive?: unknown; signal?: unknown } {
  return isObject(options) ? options : {};
}

function captureOf(options: unknown): boolean {
  return Boolean(isObject(options) ? (options as { capture?: unknown }).capture : options);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
