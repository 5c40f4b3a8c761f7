/**
 * A script that computes without ever waiting would be ended with its isolate. It is stopped before that: the shell tells
 * of each thing that it does (`hit`), and if the isolate came to nothing else for too long, `signal` fires, on which the
 * shell stops at its next statement.
 */

export interface Watch extends Disposable {
  readonly signal: AbortSignal;
  /** Called by the shell for whatever it does. */
  hit(): void;
}

/** Of the two seconds that an isolate may run without a pause. */
const MAX_BUSY_MS = 1_500;
/** Other work of the isolate is noticed so often. */
const LOOK_MS = 50;

export function watchPauses(): Watch {
  const busy = new AbortController();
  let last = performance.now();
  const timer = setInterval(() => {
    last = performance.now();
  }, LOOK_MS);
  return {
    signal: busy.signal,
    hit() {
      if (!busy.signal.aborted && performance.now() - last > MAX_BUSY_MS) busy.abort();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
