/** The timers of one isolate: the child keeps the time, the isolate keeps the callbacks. */
import { EDGE } from "#host/base/limits.ts";

export class IsolateTimers {
  readonly #fire: (timer: number) => void;
  readonly #running = new Map<number, NodeJS.Timeout>();

  constructor(fire: (timer: number) => void) {
    this.#fire = fire;
  }

  /** False if the isolate has as many timers as it may have. */
  start(timer: number, ms: number): boolean {
    if (this.#running.size >= EDGE.timers) return false;
    this.stop(timer);
    const running = setTimeout(() => {
      this.#running.delete(timer);
      this.#fire(timer);
    }, ms);
    this.#running.set(timer, running);
    return true;
  }

  stop(timer: number): void {
    clearTimeout(this.#running.get(timer));
    this.#running.delete(timer);
  }

  stopAll(): void {
    for (const running of this.#running.values()) clearTimeout(running);
    this.#running.clear();
  }
}
