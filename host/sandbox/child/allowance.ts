/** So many of a thing in a second, with a burst of the same size. Counts what it turned away. */

export class Allowance {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #refilledAt: number;
  #refused = 0;

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
    if (this.#left < 1) {
      this.#refused++;
      return false;
    }
    this.#left--;
    return true;
  }

  /** How many were turned away since this was last asked. */
  refused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }
}
