/** Who may run when: one at a time, or a few at a time. What fails does not stop what waits behind it. */

export type Turns = <Result>(task: () => Promise<Result>) => Promise<Result>;

/** Runs at most `atOnce` tasks together, the others in the order in which they came. */
export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // A turn is handed on without counting down, so that nobody slips in between.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
