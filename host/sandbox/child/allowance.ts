/** So many of a thing in a second, after a burst of as many. */

export class Allowance {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #refilledAt: number;

  /** `now` in milliseconds, never stepping back. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#refilledAt = now();
  }

  take(): boolean {
    const now = this.#now();
    const earned = ((now - this.#refilledAt) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#refilledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
