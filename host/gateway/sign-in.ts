/**
 * The gateway's token: checked in constant time, and guessed only so often a minute.
 *
 * The limit holds for all peers together and for right tokens as well; otherwise it would not slow a guesser
 * down. Who signed in before (a page's cookie, a paired device) is not affected.
 */
import type { Clock } from "#host/base/clock.ts";
import { sameSecret } from "./secrets.ts";

const WINDOW_MS = 60_000;

export type TokenCheck = "ok" | "mismatch" | "limited";

export interface SignIn {
  check(token: string): TokenCheck;
  /** Counts a failure that was found elsewhere: a wrong ticket. */
  failed(): void;
  limited(): boolean;
  /** Milliseconds until the next try has a chance. */
  retryAfterMs(): number;
}

export function createSignIn(options: {
  readonly token: string;
  readonly clock: Clock;
  readonly failuresPerMinute: number;
}): SignIn {
  const { token, clock, failuresPerMinute } = options;
  const failures: number[] = [];
  const forget = () => {
    const from = clock.monotonic() - WINDOW_MS;
    while (failures[0] !== undefined && failures[0] <= from) failures.shift();
  };
  const limited = () => {
    forget();
    return failures.length >= failuresPerMinute;
  };
  const failed = () => {
    if (!limited()) failures.push(clock.monotonic());
  };
  return {
    check(given) {
      if (limited()) return "limited";
      if (sameSecret(given, token)) return "ok";
      failed();
      return "mismatch";
    },
    failed,
    limited,
    retryAfterMs: () => Math.max(0, Math.ceil((failures[0] ?? 0) + WINDOW_MS - clock.monotonic())),
  };
}
