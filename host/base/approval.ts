/**
 * A question to the owner that something waits for: an effect that policy will not decide alone, or the
 * rights that a plugin asks for.
 *
 * Stored before it is shown; binds to the hash of exactly what was asked; silence, an abort and a restart
 * all mean no.
 */

export type ApprovalDecision = "allow-once" | "allow-session" | "allow-always" | "deny";

export interface Approval {
  readonly id: string;
  /** `effect`: one effect of a running call. `grant`: rights of a plugin. */
  readonly kind: "effect" | "grant";
  readonly pluginId: string;
  readonly sessionKey: string | null;
  readonly runId: string | null;
  /** One line, at most 80 characters. */
  readonly title: string;
  /** What exactly would be allowed, one line each. */
  readonly lines: readonly string[];
  readonly decisions: readonly ApprovalDecision[];
  /** SHA-256 (hex) of the effect or request. A yes is for this and nothing else. */
  readonly subjectHash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When silence becomes a no; null for a grant, which waits. */
  readonly expiresAt: number | null;
}

/** What listeners are told of questions. */
export type ApprovalChange =
  | { readonly type: "requested"; readonly approval: Approval }
  | {
      readonly type: "resolved";
      readonly id: string;
      readonly decision: ApprovalDecision | "expired" | "cancelled";
    };
