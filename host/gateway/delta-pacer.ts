/**
 * When to send the text of a running answer.
 *
 * The first piece leaves at once, and so does every piece of a slow model. Of a quick one, pieces are gathered
 * for some milliseconds. Since each delta repeats all text so far, the interval grows with the text: what
 * leaves per second stays bounded however long the answer is. One timer serves all runs.
 */
import type { Clock } from "#host/base/clock.ts";

export interface Paced {
  /** Characters that one delta would carry. */
  chars(): number;
  /** Monotonic ms of the last delta; -Infinity before the first. */
  sentAt: number;
}

export interface PacerLimits {
  readonly deltaIntervalMs: number;
  readonly deltaCharsPerMs: number;
}

export class DeltaPacer<Item extends Paced> {
  readonly #clock: Clock;
  readonly #limits: PacerLimits;
  readonly #send: (item: Item) => void;
  readonly #waiting = new Set<Item>();
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock, limits: PacerLimits, send: (item: Item) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#send = send;
  }

  /** The item has more text. */
  more(item: Item): void {
    if (this.#waiting.has(item)) return;
    if (this.#isDue(item)) return this.#release(item);
    this.#waiting.add(item);
    this.#timer ??= setTimeout(() => this.#tick(), this.#limits.deltaIntervalMs);
  }

  /** Sends now what waits. */
  flush(item: Item): void {
    if (this.#waiting.has(item)) this.#release(item);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.clear();
  }

  #tick(): void {
    this.#timer = null;
    for (const item of this.#waiting) {
      if (this.#isDue(item)) this.#release(item);
    }
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#tick(), this.#limits.deltaIntervalMs);
  }

  #isDue(item: Item): boolean {
    const { deltaIntervalMs, deltaCharsPerMs } = this.#limits;
    const interval = Math.max(deltaIntervalMs, item.chars() / deltaCharsPerMs);
    // Timers may fire a fraction of a millisecond early.
    return this.#clock.monotonic() - item.sentAt >= interval - 1;
  }

  #release(item: Item): void {
    this.#waiting.delete(item);
    item.sentAt = this.#clock.monotonic();
    this.#send(item);
  }
}
