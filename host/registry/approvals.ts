/** Plugins that wait for the owner, as questions that appear and go, told to whoever shows them. */
import type { Approval, ApprovalChange, ApprovalDecision } from "#host/base/approval.ts";

export interface OpenApprovals {
  list(): readonly Approval[];
  find(id: string): Approval | undefined;
  /** Makes these the open questions and tells what came and what went. `decision` is why those went. */
  update(now: readonly Approval[], decision: ApprovalDecision | "cancelled"): void;
  subscribe(listener: (change: ApprovalChange) => void): () => void;
}

export function createOpenApprovals(): OpenApprovals {
  const open = new Map<string, Approval>();
  const listeners = new Set<(change: ApprovalChange) => void>();
  const tell = (change: ApprovalChange) => listeners.forEach((listener) => listener(change));
  return {
    list: () => [...open.values()],
    find: (id) => open.get(id),
    update(now, decision) {
      const ids = new Set(now.map(({ id }) => id));
      for (const id of [...open.keys()].filter((one) => !ids.has(one))) {
        open.delete(id);
        tell({ type: "resolved", id, decision });
      }
      for (const approval of now.filter(({ id }) => !open.has(id))) {
        open.set(approval.id, approval);
        tell({ type: "requested", approval });
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
