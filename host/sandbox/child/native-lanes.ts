/**
 * Native work of all isolates on its way to libuv's threads: few at a time, in turns by isolate.
 *
 * Work that takes long has a lane of its own that never fills all threads, so that short work waits for short
 * work only. Whoever asks for much waits behind itself: each turn serves another isolate.
 */
import { NATIVE } from "#host/base/limits.ts";

type Job = () => Promise<void>;

class Lane {
  readonly #atOnce: number;
  /** In the order of the turns: who was served stands last. */
  readonly #waiting = new Map<object, Job[]>();
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  add(owner: object, job: Job): void {
    const jobs = this.#waiting.get(owner);
    if (jobs === undefined) this.#waiting.set(owner, [job]);
    else jobs.push(job);
    this.#start();
  }

  drop(owner: object): void {
    this.#waiting.delete(owner);
  }

  #start(): void {
    while (this.#running < this.#atOnce) {
      const job = this.#next();
      if (job === undefined) return;
      this.#running++;
      void job().finally(() => {
        this.#running--;
        this.#start();
      });
    }
  }

  #next(): Job | undefined {
    for (const [owner, jobs] of this.#waiting) {
      const job = jobs.shift();
      this.#waiting.delete(owner);
      if (jobs.length > 0) this.#waiting.set(owner, jobs);
      if (job !== undefined) return job;
    }
    return undefined;
  }
}

export class NativeLanes {
  readonly #light = new Lane(NATIVE.lightAtOnce);
  readonly #heavy = new Lane(NATIVE.heavyAtOnce);

  /** `job` must not reject. */
  add(owner: object, heavy: boolean, job: Job): void {
    (heavy ? this.#heavy : this.#light).add(owner, job);
  }

  /** Forgets what this owner has waiting; what runs already runs to its end, and no longer for anybody. */
  drop(owner: object): void {
    this.#light.drop(owner);
    this.#heavy.drop(owner);
  }
}
