/** All questions to the owner as one list: the broker's about effects, the registry's about rights. */
import type { Approval, ApprovalChange, ApprovalDecision } from "#host/base/approval.ts";
import type { ApprovalsPort } from "#host/gateway/ports.ts";

/** One place that asks. */
export interface ApprovalSource {
  list(): readonly Approval[];
  /** False if it is not (or no longer) a question of this source. */
  resolve(id: string, decision: ApprovalDecision): Promise<boolean>;
  subscribe(listener: (change: ApprovalChange) => void): () => void;
}

export function mergeApprovals(sources: readonly ApprovalSource[]): ApprovalsPort {
  return {
    list: () => sources.flatMap((source) => source.list()).sort((a, b) => a.createdAt - b.createdAt),
    async resolve(id, decision) {
      for (const source of sources) if (await source.resolve(id, decision)) return true;
      return false;
    },
    subscribe(listener) {
      const stops = sources.map((source) => source.subscribe(listener));
      return () => stops.forEach((stop) => stop());
    },
  };
}
