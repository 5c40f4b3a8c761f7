/** The audit on the wire. `audit.verify` answers an `AuditVerdict` as it is. */
import type { AuditRecord } from "#host/base/audit.ts";

/** What `audit.effects.list` answers: the newest first, of those that the database still holds. */
export interface AuditEffectsAnswer {
  readonly effects: readonly AuditRecord[];
}
