/**
 * Placeholders: what a plugin gets in place of a secret's value.
 *
 * Each is a random text that nobody can guess, bound to one plugin and one name, and worth nothing outside of
 * the place that the manifest declares. Captured values live here alone: in memory, for as long as they hold.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "#host/base/clock.ts";
import { SECRETS } from "#host/base/limits.ts";

/** A placeholder and what stands behind it. */
export interface Filled {
  readonly placeholder: string;
  readonly value: string;
}

interface Captured extends Filled {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface Placeholders {
  /** The placeholder of a secret that the owner set: the same one until the plugin is forgotten. */
  of(pluginId: string, name: string): string;
  /** Keeps a captured value for `ttlMs` and gives its placeholder. The oldest go when there are too many. */
  capture(pluginId: string, name: string, value: string, ttlMs: number): string;
  /** Captured values that still hold, of one name or of all. */
  captured(pluginId: string, name?: string): readonly Filled[];
  forget(pluginId: string): void;
}

const RANDOM_BYTES = 18;

/** Letters, digits, `-` and `_` only: it stands unchanged in a header, a path, a form and in JSON. */
function mint(name: string): string {
  return `openclaw-secret-${name}-${randomBytes(RANDOM_BYTES).toString("base64url")}`;
}

export function createPlaceholders(clock: Clock): Placeholders {
  const set = new Map<string, Map<string, string>>();
  const captures = new Map<string, readonly Captured[]>();

  const alive = (pluginId: string): readonly Captured[] => {
    const now = clock.now();
    return (captures.get(pluginId) ?? []).filter(({ until }) => until > now);
  };
  return {
    of(pluginId, name) {
      const names = set.get(pluginId) ?? new Map<string, string>();
      set.set(pluginId, names);
      const placeholder = names.get(name) ?? mint(name);
      names.set(name, placeholder);
      return placeholder;
    },
    capture(pluginId, name, value, ttlMs) {
      const same = alive(pluginId).find((one) => one.name === name && one.value === value);
      const placeholder = same?.placeholder ?? mint(name);
      const others = alive(pluginId).filter((one) => one !== same);
      const all = [...others, { name, value, placeholder, until: clock.now() + ttlMs }];
      captures.set(pluginId, all.slice(-SECRETS.capturedPerPlugin));
      return placeholder;
    },
    captured: (pluginId, name) => alive(pluginId).filter((one) => name === undefined || one.name === name),
    forget(pluginId) {
      set.delete(pluginId);
      captures.delete(pluginId);
    },
  };
}
