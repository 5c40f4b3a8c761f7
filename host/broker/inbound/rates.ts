/** How often something may happen: so many a second on average, after a burst, for each name by itself. */
import type { Clock } from "#host/base/clock.ts";

export interface Rates {
  /** Milliseconds until it may happen again; 0 if it may now, which is counted. */
  take(name: string): number;
  forget(prefix: string): void;
}

interface Bucket {
  left: number;
  at: number;
}

export function createRates(clock: Clock, perSecond: number, burst: number): Rates {
  const buckets = new Map<string, Bucket>();
  return {
    take(name) {
      const now = clock.monotonic();
      const bucket = buckets.get(name) ?? { left: burst, at: now };
      bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1_000) * perSecond);
      bucket.at = now;
      buckets.set(name, bucket);
      if (bucket.left < 1) return Math.ceil(((1 - bucket.left) / perSecond) * 1_000);
      bucket.left -= 1;
      return 0;
    },
    forget(prefix) {
      for (const name of buckets.keys()) if (name.startsWith(prefix)) buckets.delete(name);
    },
  };
}
