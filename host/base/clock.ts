/**
 * Time as an argument, so that what depends on it can be tested without waiting.
 *
 * `now` is wall time in milliseconds since 1970, for records. `monotonic` never steps back, for durations.
 */

export interface Clock {
  now(): number;
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
