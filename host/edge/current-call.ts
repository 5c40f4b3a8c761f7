/**
 * Which call the running code works for.
 *
 * Code in an isolate runs only inside an entry: a call's start, a timer, an effect's answer. Each entry names
 * the call that caused it, and everything up to the next entry, microtasks included, is counted as that
 * call's. The one thing it cannot see is a promise that two calls share: what follows it counts for the call
 * that settled it. That call is of the same plugin and the same session, so no right is gained; only the
 * audit's line and the abort follow the other call.
 */

/** Zero is no call: the plugin's code as it loads. */
let current = 0;
const open = new Map<number, AbortController>();

export function enterCall(call: number): void {
  current = call;
}

/** The call that an effect is asked for: the running one, or the newest if that one has ended meanwhile. */
export function currentCall(): number {
  if (open.has(current)) return current;
  return [...open.keys()].at(-1) ?? 0;
}

/** Starts a call; its signal fires when the host aborts it. */
export function beginCall(call: number): AbortSignal {
  const controller = new AbortController();
  open.set(call, controller);
  enterCall(call);
  return controller.signal;
}

export function endCall(call: number): void {
  open.delete(call);
}

export function abortCall(call: number, reason: string): void {
  enterCall(call);
  open.get(call)?.abort(new DOMException(reason, "AbortError"));
}
