/**
 * One line of the audit: an effect that was decided, and what became of it.
 *
 * The broker makes them, the store keeps them in order. `hash` covers every other field and `previousHash`,
 * so that a changed or missing line shows. Never holds bodies, header values or secrets: `target` is a host
 * with its path, a file's path, or a command's name.
 */
import type { EffectKind } from "./effect.ts";

export interface AuditRecord {
  /** From 1, without a gap. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly plugin: string;
  readonly session: string | null;
  readonly run: string | null;
  readonly call: string | null;
  readonly kind: EffectKind;
  readonly target: string;
  readonly decision: "allowed" | "denied" | "asked-allowed" | "asked-denied";
  /** Why it was denied; empty otherwise. */
  readonly reason: string;
  readonly outcome: "done" | "failed" | "not-done";
  readonly previousHash: string;
  /** SHA-256, hex. */
  readonly hash: string;
}
