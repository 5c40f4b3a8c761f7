/** So much time of the thread that all share: a burst, and a part of each second in the long run. */

export class TimeBudget {
  readonly #burstMs: number;
  readonly #msPerSecond: number;
  readonly #now: () => number;
  #left: number;
  #refilledAt: number;

  /** `now` in milliseconds, never stepping back. */
  constructor(burstMs: number, msPerSecond: number, now: () => number) {
    this.#burstMs = burstMs;
    this.#msPerSecond = msPerSecond;
    this.#now = now;
    this.#left = burstMs;
    this.#refilledAt = now();
  }

  /** Whether there is any left. */
  has(): boolean {
    const now = this.#now();
    const earned = ((now - this.#refilledAt) / 1_000) * this.#msPerSecond;
    this.#left = Math.min(this.#burstMs, this.#left + earned);
    this.#refilledAt = now;
    return this.#left > 0;
  }

  /** Counts what something took. It may be more than there was: then the next one waits the longer. */
  spend(ms: number): void {
    this.#left -= ms;
  }
}
