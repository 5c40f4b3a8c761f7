/** The audit as people ask for it: from the store, with what the broker has not stored yet. */
import type { Broker } from "#host/broker/broker.ts";
import { verifyAudit, type AuditHistory } from "#host/broker/verify-audit.ts";
import type { AuditPort } from "#host/gateway/ports.ts";
import type { AuditTrail } from "#host/store/audit.ts";

export function createAuditPort(
  broker: Pick<Broker, "flushAudit">,
  trail: Pick<AuditTrail, "newest"> & AuditHistory,
): AuditPort {
  // A store that cannot be written says so in the log; what it holds can be read all the same.
  const flushed = () => broker.flushAudit().catch(() => undefined);
  return {
    list: async (query) => {
      await flushed();
      return trail.newest(query);
    },
    verify: async () => {
      await flushed();
      return verifyAudit(trail);
    },
  };
}
