/**
 * Milliseconds since this isolate's code first asked for the time, with fractions. The child keeps the time; the
 * snapshot knows none, and an isolate may wait in a pool before it serves anybody.
 */
import { ask } from "./door.ts";

/** The clock stands at this when it is first looked at: a time of zero is taken for none. */
const FIRST_MS = 0.01;
let origin: { readonly child: number; readonly unix: number } | null = null;

export function now(): number {
  const child = ask({ t: "now" }) as number;
  origin ??= { child: child - FIRST_MS, unix: Date.now() - FIRST_MS };
  return child - origin.child;
}

/** Unix time at which the clock began, in milliseconds. */
export function clockOrigin(): number {
  now();
  return origin?.unix ?? 0;
}
