/**
 * The audit: every decided effect as one record, in a chain of hashes.
 *
 * `record` costs the effect nothing: records wait for a batch of at most `auditFlushMs`. `recordFirst` is for
 * effects of high risk: it resolves when the record is stored, before the effect is done (outcome `not-done`);
 * what became of it follows as a second record. Equal denials are counted into one record (`audit-repeats.ts`);
 * that one may wait for its window. Fails closed: `recordFirst` rejects while the sink fails, and
 * `isFull` tells that so many records wait that nothing more may be done.
 */
import type { AuditLink, AuditRecord } from "#host/base/audit.ts";
import type { Clock } from "#host/base/clock.ts";
import type { Log } from "#host/base/log.ts";
import { FIRST_LINK, seal, type AuditEntry, type CountedEntry } from "./audit-chain.ts";
import { Repeats } from "./audit-repeats.ts";

/** Where records are kept. `append` stores all of them or none. */
export interface AuditSink {
  last(): Promise<AuditLink | null>;
  append(records: readonly AuditRecord[]): Promise<void>;
}

export interface Audit {
  record(entry: AuditEntry): void;
  recordFirst(entry: AuditEntry): Promise<void>;
  isFull(): boolean;
  /** Stores what waits. Rejects if the sink fails. */
  flush(): Promise<void>;
  /** The last flush: nothing is tried again after it. */
  close(): Promise<void>;
}

export interface AuditDeps {
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly auditFlushMs: number;
  readonly auditRepeatMs: number;
  readonly auditDenialsApart: number;
  readonly maxWaiting: number;
}

/** Records of one append: larger ones hold the database too long. */
const BATCH = 500;
/** After a failure the sink gets time to recover. */
const RETRY_MS = 1_000;

export function createAudit(deps: AuditDeps): Audit {
  return new ChainedAudit(deps);
}

class ChainedAudit implements Audit {
  readonly #deps: AuditDeps;
  readonly #repeats: Repeats;
  #waiting: CountedEntry[] = [];
  /** Sealed and handed to the sink, which has not said yet that they are stored. */
  #sealed: readonly AuditRecord[] = [];
  #head: AuditLink | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #repeatTimer: ReturnType<typeof setTimeout> | null = null;
  #flushing: Promise<void> | null = null;
  #isClosed = false;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
    this.#repeats = new Repeats({ windowMs: deps.auditRepeatMs, maxApart: deps.auditDenialsApart });
  }

  record(entry: AuditEntry): void {
    if (!this.#isCounted(entry)) this.#wait(entry);
    this.#flushAfter(this.#deps.auditFlushMs);
  }

  recordFirst(entry: AuditEntry): Promise<void> {
    this.#wait(entry);
    return this.flush();
  }

  isFull(): boolean {
    return this.#waiting.length >= this.#deps.maxWaiting;
  }

  async flush(): Promise<void> {
    // What was recorded while a flush ran may have missed its batch.
    if (this.#flushing !== null) await this.#flushing.catch(() => undefined);
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    if (this.#repeatTimer !== null) clearTimeout(this.#repeatTimer);
    this.#waiting.push(...this.#repeats.takeDue(Number.POSITIVE_INFINITY));
    return this.flush();
  }

  #wait(entry: AuditEntry): void {
    this.#waiting.push({ ...storable(entry), at: this.#deps.clock.now(), count: 1 });
  }

  /** True if the entry is one more of a denial that is on record already. */
  #isCounted(entry: AuditEntry): boolean {
    if (entry.decision !== "denied" && entry.decision !== "asked-denied") return false;
    const { clock } = this.#deps;
    const isNew = this.#repeats.isNew(storable(entry), clock.now(), clock.monotonic());
    this.#takeRepeatsLater();
    return !isNew;
  }

  #takeRepeatsLater(): void {
    if (this.#isClosed) return;
    this.#repeatTimer ??= setTimeout(() => {
      this.#repeatTimer = null;
      this.#waiting.push(...this.#repeats.takeDue(this.#deps.clock.monotonic()));
      if (!this.#repeats.isEmpty) this.#takeRepeatsLater();
      this.#flushAfter(this.#deps.auditFlushMs);
    }, this.#deps.auditRepeatMs);
  }

  async #drain(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      while (this.#sealed.length > 0 || this.#waiting.length > 0) await this.#appendBatch();
    } catch (error) {
      this.#head = null;
      this.#deps.log.error("The audit could not be stored; effects of high risk are refused", { error });
      this.#flushAfter(RETRY_MS);
      throw error;
    }
  }

  async #appendBatch(): Promise<void> {
    const { sink } = this.#deps;
    const head = this.#head ?? (await sink.last()) ?? FIRST_LINK;
    const unconfirmed = this.#sealed.at(-1);
    if (unconfirmed !== undefined && unconfirmed.hash === head.hash) {
      // The append before this one failed only after its records were stored.
      this.#sealed = [];
    } else {
      if (unconfirmed === undefined) this.#sealed = seal(this.#waiting.splice(0, BATCH), head);
      await sink.append(this.#sealed);
    }
    this.#head = this.#sealed.at(-1) ?? head;
    this.#sealed = [];
  }

  #flushAfter(ms: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.flush().catch(() => undefined); // said in the log, and tried again
    }, ms);
  }
}

/**
 * The entry as the store gives it back, byte for byte: it cuts NUL and half characters, and what comes back
 * changed would look like a forgery.
 */
function storable(entry: AuditEntry): AuditEntry {
  const { plugin, session, run, call, target, reason } = entry;
  return {
    ...entry,
    plugin: whole(plugin),
    session: session === null ? null : whole(session),
    run: run === null ? null : whole(run),
    call: call === null ? null : whole(call),
    target: whole(target),
    reason: whole(reason),
  };
}

function whole(text: string): string {
  if (text.isWellFormed() && !text.includes("\0")) return text;
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
