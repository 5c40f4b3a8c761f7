/** The chain of the audit: sealing records, and finding the first one that does not fit. Pure. */
import type { AuditLink, AuditRecord } from "#host/base/audit.ts";
import { hashOf } from "./canonical.ts";

/** A record before it has its time, its number and its place in the chain. */
export type AuditEntry = Omit<AuditRecord, "seq" | "at" | "count" | "previousHash" | "hash">;

/** An entry with its time, and how many it stands for. */
export type CountedEntry = AuditEntry & Pick<AuditRecord, "at" | "count">;

/** What the first record of all follows. */
export const FIRST_LINK: AuditLink = { seq: 0, hash: "0".repeat(64) };

/** Gives each entry its place after `head`. */
export function seal(entries: readonly CountedEntry[], head: AuditLink): readonly AuditRecord[] {
  let previous = head;
  return entries.map((entry) => {
    const unsealed = { ...entry, seq: previous.seq + 1, previousHash: previous.hash };
    const record = { ...unsealed, hash: linkHash(unsealed) };
    previous = record;
    return record;
  });
}

/** A record of one effect hashes as it did before records could stand for several. */
function linkHash({ count, ...record }: Omit<AuditRecord, "hash">): string {
  return hashOf(count === 1 ? record : { ...record, count });
}

export type ChainCheck =
  | { readonly ok: true }
  /** `seq` is the first place at which the chain does not hold; `reason` says why, as half a sentence. */
  | { readonly ok: false; readonly seq: number; readonly reason: string };

/**
 * Checks a run of records, oldest first. The first of all must follow `FIRST_LINK`; a run from the middle is
 * checked from its own first record on. That records are missing at the end shows only against a remembered head.
 */
export function verifyChain(records: readonly AuditRecord[], after?: AuditLink): ChainCheck {
  let previous = after ?? (records[0]?.seq === 1 ? FIRST_LINK : undefined);
  for (const record of records) {
    const { hash, ...unsealed } = record;
    const broken = (reason: string): ChainCheck => ({ ok: false, seq: record.seq, reason });
    if (linkHash(unsealed) !== hash) return broken("the record was changed");
    if (previous !== undefined && record.seq !== previous.seq + 1)
      return broken("records are missing before it");
    if (previous !== undefined && record.previousHash !== previous.hash) {
      return broken("the record before it is another one");
    }
    previous = record;
  }
  return { ok: true };
}
