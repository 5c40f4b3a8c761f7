/**
 * A deadline whose clock can be stopped: a call's time does not run while the owner is asked.
 *
 * Guarantees that it fires at most once, never while anything holds it, and that a hold can be let go twice
 * without harm.
 */
import type { Clock } from "#host/base/clock.ts";

export class Deadline {
  readonly #clock: Clock;
  readonly #onExpire: () => void;
  #leftMs: number;
  #startedAt = 0;
  #holds = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #over = false;

  constructor(clock: Clock, ms: number, onExpire: () => void) {
    this.#clock = clock;
    this.#leftMs = ms;
    this.#onExpire = onExpire;
    this.#run();
  }

  /** Stops the clock until the returned function is called; several may hold it. */
  pause(): () => void {
    this.#holds += 1;
    if (this.#holds === 1) this.#halt();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds === 0) this.#run();
    };
  }

  clear(): void {
    this.#over = true;
    this.#halt();
  }

  #run(): void {
    if (this.#over) return;
    this.#startedAt = this.#clock.monotonic();
    this.#timer = setTimeout(() => {
      this.#over = true;
      this.#onExpire();
    }, this.#leftMs);
  }

  #halt(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.monotonic() - this.#startedAt));
  }
}
