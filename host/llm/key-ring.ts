/**
 * Several keys of one provider: the first that need not rest is used until it fails, then the next.
 *
 * Guarantees that a key which failed is not tried again before its rest is over, also after a restart; that the reason
 * is in the log, with the profile's name and never the key. Staying with one key keeps the provider's cache warm.
 */
import { createHash } from "node:crypto";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { afterFailure, restOf, type KeyStats } from "./cool-down.ts";
import type { ApiKey, KeyRing } from "./keys.ts";

export interface StoredKey extends ApiKey {
  readonly stats: KeyStats;
}

export interface KeyRingDeps {
  readonly provider: string;
  /** Read each time, so that a new key counts at once. In the owner's order. */
  readonly load: () => Promise<readonly StoredKey[]>;
  /** Null takes them away. What cannot be kept counts until the host ends. */
  readonly save: (profile: string, stats: KeyStats | null) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What people may know of a key. */
export interface KeyStatus {
  readonly provider: string;
  readonly profile: string;
  readonly state: "ready" | "resting";
  /** Why it rests: `auth`, `rate_limit`, `billing`; null if it does not. */
  readonly reason: string | null;
  /** Milliseconds since 1970. */
  readonly until: number | null;
}

export function createKeyRing({ provider, load, save, clock, log }: KeyRingDeps): KeyRing {
  /** What could not be saved. */
  const unsaved = new Map<string, KeyStats | null>();
  const current = async () => (await load()).map((key) => freshen(key, unsaved));
  const keep = async (profile: string, stats: KeyStats | null): Promise<void> => {
    unsaved.set(profile, stats);
    try {
      await save(profile, stats);
      unsaved.delete(profile);
    } catch (error) {
      log.warn("what became of an API key could not be kept, and counts until the gateway ends", {
        profile,
        error,
      });
    }
  };

  return {
    async usable() {
      const keys = await current();
      const [first, ...rest] = keys.filter(({ stats }) => restOf(stats, clock.now()) === null);
      if (first !== undefined) return [first, ...rest];
      throw keys.length === 0 ? missingKey(provider) : allRest(provider, keys, clock.now());
    },
    async succeeded({ profile }) {
      const key = (await current()).find((one) => one.profile === profile);
      if (key !== undefined && key.stats.errorCount !== undefined) await keep(profile, null);
    },
    async failed(used, trouble, retryAfterMs) {
      const stats = (await current()).find((one) => one.profile === used.profile)?.stats ?? {};
      const next = { ...afterFailure(stats, trouble, clock.now(), retryAfterMs), keyDigest: digestOf(used) };
      const rest = restOf(next, clock.now());
      const fields = {
        provider,
        profile: used.profile,
        reason: trouble,
        until: isoOf(rest?.until ?? clock.now()),
      };
      log.warn("an API key rests", fields);
      await keep(used.profile, next);
    },
  };
}

export function keyStatus(provider: string, key: StoredKey, now: number): KeyStatus {
  const rest = restOf(freshen(key, new Map()).stats, now);
  const state = rest === null ? "ready" : "resting";
  return { provider, profile: key.profile, state, reason: rest?.reason ?? null, until: rest?.until ?? null };
}

function freshen(key: StoredKey, unsaved: ReadonlyMap<string, KeyStats | null>): StoredKey {
  const kept = unsaved.get(key.profile);
  const stats = kept === undefined ? key.stats : (kept ?? {});
  const isOther = stats.keyDigest !== undefined && stats.keyDigest !== digestOf(key);
  return { ...key, stats: isOther ? {} : stats };
}

/** Tells keys apart and gives none away: 48 bits of a hash of 200 random ones. */
function digestOf({ secret }: ApiKey): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 12);
}

function missingKey(provider: string): HostError {
  return new HostError("model.refused", `Cannot ask "${provider}": there is no API key for it`, {
    fix: "Put one into auth-profiles.json, or set the provider's environment variable",
  });
}

function allRest(provider: string, keys: readonly StoredKey[], now: number): HostError {
  const rests = keys.flatMap(({ profile, stats }) => {
    const rest = restOf(stats, now);
    return rest === null ? [] : [{ profile, ...rest }];
  });
  const soonest = Math.min(...rests.map(({ until }) => until));
  const which = rests.map(({ profile, reason }) => `${profile} (${reason})`).join(", ");
  return new HostError(
    "model.refused",
    `Cannot ask "${provider}": its keys rest until ${isoOf(soonest)}: ${which}`,
    {
      fix: "Wait, put another key into auth-profiles.json, or name a fallback in agents.defaults.model.fallbacks",
    },
  );
}

function isoOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}
