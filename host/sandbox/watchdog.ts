/**
 * Watches a process's resident memory and says when it is over its cap.
 *
 * The one wall against memory: V8's heap limit can be stepped over, and WebAssembly's memory is not in it.
 * Guarantees a look every interval while the process works, and a rare one while it rests, when only the
 * plugin's own timers run.
 */

export interface WatchdogOptions {
  readonly read: () => Promise<number | null>;
  readonly capBytes: () => number;
  readonly busy: () => boolean;
  readonly intervalMs: number;
  readonly onOver: (bytes: number) => void;
}

/** Looks while it rests come this many times more rarely. */
const RESTING = 10;

export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;
  #restingUntilLook = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** The process has work again: don't wait for the rare look. */
  wake(): void {
    if (!this.#restingUntilLook || this.#stopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#restingUntilLook = !this.#options.busy();
    const wait = this.#options.intervalMs * (this.#restingUntilLook ? RESTING : 1);
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    const bytes = await this.#options.read();
    if (this.#stopped) return;
    if (bytes !== null && bytes > this.#options.capBytes()) return this.#options.onOver(bytes);
    this.#schedule();
  }
}
