/**
 * Questions to the owner that an effect waits for.
 *
 * A question is stored before anyone sees it. It ends exactly once: with the owner's answer, when its time is
 * over, when its call ends, or with the host; everything but an answer is a no. A yes opens the one effect
 * whose hash the question carries; a yes for the session or for ever also answers the questions about the
 * same subject that wait beside it. Refuses a plugin that has too many open.
 */
import type { Approval, ApprovalChange, ApprovalDecision } from "#host/base/approval.ts";
import type { AskScope } from "#host/base/decision.ts";
import type { EffectContext, EffectIdentity } from "#host/base/effect.ts";

/** How a question ended. */
export type AskEnd = ApprovalDecision | "expired" | "cancelled";

/** Where questions are kept. `expireAll` ends every one that is open as `expired`. */
export interface AskStore {
  insert(approval: Approval): Promise<void>;
  resolve(id: string, end: AskEnd, at: number): Promise<void>;
  expireAll(at: number): Promise<void>;
}

export interface Question {
  readonly identity: EffectIdentity;
  readonly title: string;
  readonly lines: readonly string[];
  readonly scopes: readonly AskScope[];
  readonly subject: string;
  /** SHA-256 (hex) of the effect. */
  readonly hash: string;
}

export interface Asks {
  /** Resolves with how the question ended. Rejects with an EffectError if it could not be put. */
  ask(question: Question, context: Pick<EffectContext, "signal" | "pauseDeadline">): Promise<AskEnd>;
  list(): readonly Approval[];
  /** False if it is no longer open. Throws `request.invalid` for a decision that it does not offer. */
  resolve(id: string, decision: ApprovalDecision): Promise<boolean>;
  subscribe(listener: (change: ApprovalChange) => void): () => void;
  /** Ends a plugin's open questions as a no. */
  cancel(pluginId: string): Promise<void>;
  /** Ends all of them as a no. */
  close(): Promise<void>;
}
