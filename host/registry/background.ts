/** Work that nobody awaits: it can be waited for all the same, and what fails is logged. */
import type { Log } from "#host/base/log.ts";

export interface Background {
  run(work: Promise<void>): void;
  /** Does this in a while, unless it is stopped before. */
  later(task: () => void): void;
  busy(): boolean;
  /** Resolves when all that runs now has ended. */
  done(): Promise<void>;
  stop(): Promise<void>;
}

export function createBackground(laterMs: number, log: Log): Background {
  const running = new Set<Promise<void>>();
  const timers = new Set<ReturnType<typeof setTimeout>>();

  async function done(): Promise<void> {
    await Promise.allSettled(running);
  }
  return {
    run(work) {
      const kept: Promise<void> = work
        .catch((error: unknown) => log.error("Cannot read a plugin's folder", { error }))
        .finally(() => running.delete(kept));
      running.add(kept);
    },
    later(task) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        task();
      }, laterMs);
      timer.unref();
      timers.add(timer);
    },
    busy: () => running.size > 0,
    done,
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      await done();
    },
  };
}
