/**
 * `setTimeout`, `setInterval` and their opposites. The child keeps the time; here are the callbacks.
 *
 * A timer belongs to the call that set it, so that what its callback does is done for that call. An interval
 * is armed again when it fires, never ahead: a slow callback cannot pile up wakes. A text in the callback's place is
 * refused: it would be code.
 */
import { apply } from "./apply.ts";
import { post } from "./door.ts";
import { currentCall, enterCall } from "./current-call.ts";
import { limits } from "./limits.ts";
import { reportException } from "./report.ts";
import { wants } from "./web-idl.ts";

interface Timer {
  readonly callback: (...args: unknown[]) => void;
  readonly args: readonly unknown[];
  readonly call: number;
  /** Null for a timeout. */
  readonly intervalMs: number | null;
  /** How many timers deep it was set, each within the one before. */
  readonly nesting: number;
}

/** HTML standard, section 8.6: from this depth on a timer waits for as long as `CLAMPED_MS`. */
const FREE_NESTING = 5;
const CLAMPED_MS = 4;
const timers = new Map<number, Timer>();
let lastTimer = 0;
let nesting = 0;

function start(callback: unknown, delay: unknown, args: unknown[], repeats: boolean): number {
  if (typeof callback !== "function") {
    throw new TypeError("Cannot set a timer: the callback is not a function");
  }
  if (timers.size >= limits().timers) {
    throw new RangeError(`Cannot set a timer: ${timers.size} are running, the limit is ${limits().timers}`);
  }
  const least = nesting > FREE_NESTING ? CLAMPED_MS : repeats ? 1 : 0;
  const ms = Math.max(delayOf(delay), least);
  const timer = ++lastTimer;
  timers.set(timer, {
    callback: callback as Timer["callback"],
    args,
    call: currentCall(),
    intervalMs: repeats ? ms : null,
    nesting: nesting + 1,
  });
  post({ t: "timer", timer, ms });
  return timer;
}

/** Web IDL's `long`, where what is negative means at once. */
function delayOf(delay: unknown): number {
  return Math.max(Number(delay) | 0, 0);
}

export function setTimeout(callback: unknown, delay: unknown = 0, ...args: unknown[]): number {
  wants(arguments.length, 1, "setTimeout");
  return start(callback, delay, args, false);
}

export function setInterval(callback: unknown, delay: unknown = 0, ...args: unknown[]): number {
  wants(arguments.length, 1, "setInterval");
  return start(callback, delay, args, true);
}

export function clearTimeout(timer: unknown = 0): void {
  const id = Number(timer);
  if (timers.delete(id)) post({ t: "untimer", timer: id });
}

export function clearInterval(timer: unknown = 0): void {
  clearTimeout(timer);
}

/** Called by the child when a timer's time has come. */
export function fireTimer(id: number): void {
  const timer = timers.get(id);
  if (timer === undefined) return;
  enterCall(timer.call);
  if (timer.intervalMs === null) timers.delete(id);
  nesting = timer.nesting;
  try {
    apply(timer.callback, globalThis, timer.args);
  } catch (thrown) {
    reportException(thrown);
  }
  nesting = 0;
  if (timer.intervalMs === null || !timers.has(id)) return;
  const ms = timer.nesting > FREE_NESTING ? Math.max(timer.intervalMs, CLAMPED_MS) : timer.intervalMs;
  timers.set(id, { ...timer, nesting: timer.nesting + 1 });
  post({ t: "timer", timer: id, ms });
}
