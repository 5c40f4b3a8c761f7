/**
 * Who crashed how often, and what follows: start again at once, wait, or quarantine.
 *
 * Guarantees that a plugin which keeps crashing costs less and less, then nothing, until its code changes.
 * Where a process died with several plugins at work, each carries its share of the blame. Holds facts in
 * memory only: a restart of the host is a second chance.
 */
import { ALLOWED, denied, type Allowed, type Denied } from "#host/base/decision.ts";
import type { SandboxLimits } from "./limits.ts";

export interface Suspect {
  readonly id: string;
  readonly hash: string;
}

interface Crash {
  readonly at: number;
  readonly share: number;
}

interface Entry {
  readonly hash: string;
  crashes: readonly Crash[];
  /** Set for good once the count was reached; only other code lifts it. */
  quarantine: string | null;
}

type LedgerLimits = Pick<
  SandboxLimits,
  "crashesBeforeQuarantine" | "crashWindowMs" | "restartDelayMs" | "maxRestartDelayMs"
>;

/** Shares of one are not exact in floating point. */
const EPSILON = 1e-9;

export class CrashLedger {
  readonly #limits: LedgerLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: LedgerLimits) {
    this.#limits = limits;
  }

  /** `now` in monotonic milliseconds. `suspects` share one crash. */
  record(suspects: readonly Suspect[], reason: string, now: number): void {
    for (const suspect of suspects) this.#add(suspect, { at: now, share: 1 / suspects.length }, reason);
  }

  /** Why this version of the plugin is not run any more; null if it may be. */
  quarantineOf(plugin: Suspect): string | null {
    return this.#entryOf(plugin)?.quarantine ?? null;
  }

  /** Whether this version of the plugin may run at all. */
  decide(plugin: Suspect): Allowed | Denied {
    const quarantine = this.quarantineOf(plugin);
    if (quarantine === null) return ALLOWED;
    return denied(
      `Cannot run "${plugin.id}": quarantined after repeated crashes, the last one: ${quarantine}`,
      "Fix the plugin, it runs again when its code changes; or restart the host to try the same code once more",
    );
  }

  /** Milliseconds that the next start of this plugin still has to wait. */
  delay(plugin: Suspect, now: number): number {
    const recent = this.#recent(this.#entryOf(plugin), now);
    const last = recent.at(-1);
    if (last === undefined || recent.length < 2) return 0;
    const { restartDelayMs, maxRestartDelayMs } = this.#limits;
    const wait = Math.min(maxRestartDelayMs, restartDelayMs * 2 ** (recent.length - 2));
    return Math.max(0, last.at + wait - now);
  }

  #add(suspect: Suspect, crash: Crash, reason: string): void {
    const entry = this.#entryOf(suspect) ?? { hash: suspect.hash, crashes: [], quarantine: null };
    entry.crashes = [...this.#recent(entry, crash.at), crash];
    const blame = entry.crashes.reduce((sum, { share }) => sum + share, 0);
    if (blame >= this.#limits.crashesBeforeQuarantine - EPSILON) entry.quarantine ??= reason;
    this.#entries.set(suspect.id, entry);
  }

  /** What is known of this version; other code starts with a clean sheet. */
  #entryOf({ id, hash }: Suspect): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry?.hash === hash ? entry : undefined;
  }

  #recent(entry: Entry | undefined, now: number): readonly Crash[] {
    return entry?.crashes.filter(({ at }) => now - at < this.#limits.crashWindowMs) ?? [];
  }
}
