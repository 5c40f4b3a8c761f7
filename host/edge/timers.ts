/**
 * `setTimeout`, `setInterval` and their opposites. The child keeps the time; here are the callbacks.
 *
 * A timer belongs to the call that set it, so that what its callback does is done for that call. An interval
 * is armed again when it fires, never ahead: a slow callback cannot pile up wakes.
 */
import { post } from "./door.ts";
import { currentCall, enterCall } from "./current-call.ts";
import { limits } from "./limits.ts";

interface Timer {
  readonly callback: (...args: unknown[]) => void;
  readonly args: readonly unknown[];
  readonly call: number;
  /** Null for a timeout. */
  readonly intervalMs: number | null;
}

/** The longest delay of the HTML standard; anything longer fires at once there, and here. */
const MAX_DELAY_MS = 2 ** 31 - 1;
const timers = new Map<number, Timer>();
let lastTimer = 0;

function start(callback: unknown, delay: unknown, args: unknown[], repeats: boolean): number {
  if (typeof callback !== "function") {
    throw new TypeError("Cannot set a timer: the callback is not a function");
  }
  if (timers.size >= limits().timers) {
    throw new RangeError(`Cannot set a timer: ${timers.size} are running, the limit is ${limits().timers}`);
  }
  const ms = delayOf(delay);
  const timer = ++lastTimer;
  timers.set(timer, {
    callback: callback as Timer["callback"],
    args,
    call: currentCall(),
    intervalMs: repeats ? Math.max(ms, 1) : null,
  });
  post({ t: "timer", timer, ms: repeats ? Math.max(ms, 1) : ms });
  return timer;
}

function delayOf(delay: unknown): number {
  const ms = Number(delay);
  return ms > 0 && ms <= MAX_DELAY_MS ? ms : 0;
}

export function setTimeout(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return start(callback, delay, args, false);
}

export function setInterval(callback: unknown, delay?: unknown, ...args: unknown[]): number {
  return start(callback, delay, args, true);
}

export function clearTimeout(timer: unknown): void {
  const id = Number(timer);
  if (timers.delete(id)) post({ t: "untimer", timer: id });
}

/** Called by the child when a timer's time has come. */
export function fireTimer(id: number): void {
  const timer = timers.get(id);
  if (timer === undefined) return;
  enterCall(timer.call);
  if (timer.intervalMs === null) timers.delete(id);
  else post({ t: "timer", timer: id, ms: timer.intervalMs });
  timer.callback(...timer.args);
}
