/**
 * How long a key rests after what became of it: OpenClaw's times, in OpenClaw's words (`usageStats`). Pure.
 *
 * Each failure in a row makes it longer; a success, or a day without failure, begins anew. What the server itself
 * asked for goes before.
 */
import { KEYS } from "#host/base/limits.ts";
import type { KeyTrouble } from "./keys.ts";

/** Times are milliseconds since 1970. What upstream keeps beside these is left alone. */
export interface KeyStats {
  readonly errorCount?: number | undefined;
  readonly lastFailureAt?: number | undefined;
  readonly cooldownUntil?: number | undefined;
  readonly cooldownReason?: string | undefined;
  /** For trouble that takes hours: an account without money. */
  readonly disabledUntil?: number | undefined;
  readonly disabledReason?: string | undefined;
  /** Of the key that this is about: another key under the same name starts fresh. */
  readonly keyDigest?: string | undefined;
}

export interface Rest {
  readonly until: number;
  readonly reason: string;
}

/** Null for a key that may be used. */
export function restOf(stats: KeyStats, now: number): Rest | null {
  const { cooldownUntil = 0, disabledUntil = 0 } = stats;
  const until = Math.max(cooldownUntil, disabledUntil);
  if (until <= now) return null;
  const reason = disabledUntil >= cooldownUntil ? stats.disabledReason : stats.cooldownReason;
  return { until, reason: reason ?? "unknown" };
}

export function afterFailure(
  before: KeyStats,
  trouble: KeyTrouble,
  now: number,
  retryAfterMs: number | null,
): KeyStats {
  const isFresh = now - (before.lastFailureAt ?? 0) > KEYS.forgetMs;
  const errorCount = (isFresh ? 0 : (before.errorCount ?? 0)) + 1;
  const counted = { errorCount, lastFailureAt: now };
  if (trouble === "billing") {
    const rest = Math.min(KEYS.billingRestMs * 2 ** (errorCount - 1), KEYS.maxBillingRestMs);
    return { ...counted, disabledUntil: now + rest, disabledReason: trouble };
  }
  const step = Math.min(KEYS.restMs * KEYS.restGrowth ** (errorCount - 1), KEYS.maxRestMs);
  const asked =
    trouble === "rate_limit" && retryAfterMs !== null ? Math.min(retryAfterMs, KEYS.maxBillingRestMs) : null;
  return { ...counted, cooldownUntil: now + (asked ?? step), cooldownReason: trouble };
}
