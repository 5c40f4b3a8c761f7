/**
 * Denials that repeat themselves, counted: a plugin that is refused in a loop does not grow the audit without
 * bound, and still every refusal is on record.
 *
 * The first of equal denials is recorded at once; those that follow within the window are one more record, with
 * their number. A plugin that is refused in ever new ways gets `maxApart` records of its own, and one for the
 * rest. Nothing but denials is counted: what was done has a record each.
 */
import { canonicalJson } from "#manifests/canonical.ts";
import type { AuditEntry, CountedEntry } from "./audit-chain.ts";

export interface RepeatLimits {
  readonly windowMs: number;
  readonly maxApart: number;
}

/** Equal denials of one plugin since the first of them was recorded. */
interface Repeat {
  readonly entry: AuditEntry;
  at: number;
  count: number;
}

interface Window {
  /** Monotonic: a clock that is set back must not hold what was counted for as long as it was set back. */
  readonly since: number;
  readonly repeats: Map<string, Repeat>;
}

export class Repeats {
  readonly #limits: RepeatLimits;
  readonly #windows = new Map<string, Window>();

  constructor(limits: RepeatLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#windows.size === 0;
  }

  /** True if the entry is to be recorded by itself; otherwise it was counted. `at` is its time, `now` monotonic. */
  isNew(entry: AuditEntry, at: number, now: number): boolean {
    const window = this.#windowOf(entry.plugin, now);
    const key = canonicalJson(entry);
    const known = window.repeats.get(key);
    if (known === undefined && window.repeats.size < this.#limits.maxApart) {
      window.repeats.set(key, { entry, at, count: 0 });
      return true;
    }
    const repeat = known ?? this.#rest(window, entry, at);
    repeat.at = at;
    repeat.count += 1;
    return false;
  }

  /** Takes what was counted in windows that are over by `now`, monotonic. */
  takeDue(now: number): readonly CountedEntry[] {
    const over = [...this.#windows].filter(([, { since }]) => now - since >= this.#limits.windowMs);
    for (const [plugin] of over) this.#windows.delete(plugin);
    return over.flatMap(([, { repeats }]) =>
      [...repeats.values()]
        .filter(({ count }) => count > 0)
        .map(({ entry, ...told }) => ({ ...entry, ...told })),
    );
  }

  #windowOf(plugin: string, now: number): Window {
    const known = this.#windows.get(plugin);
    if (known !== undefined) return known;
    const window = { since: now, repeats: new Map<string, Repeat>() };
    this.#windows.set(plugin, window);
    return window;
  }

  #rest({ repeats }: Window, entry: AuditEntry, at: number): Repeat {
    const key = "the rest";
    const known = repeats.get(key);
    if (known !== undefined) return known;
    const { maxApart, windowMs } = this.#limits;
    const reason = `more than ${maxApart} different effects were refused within ${windowMs / 1000} s; these are the others`;
    const rest = { entry: { ...entry, target: "", reason }, at, count: 0 };
    repeats.set(key, rest);
    return rest;
  }
}
