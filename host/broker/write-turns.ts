/**
 * Turns for writes that hold the whole host up while the disk syncs: one in each round of the event loop, in
 * the order in which they were asked for, so that a plugin which floods them slows itself and not the others.
 */
import { setImmediate } from "node:timers/promises";

export type TakeTurn = () => Promise<void>;

export function createWriteTurns(): TakeTurn {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(() => setImmediate());
    return last;
  };
}
