/**
 * What policy answers. A denial is data, not an exception: it says what rule was broken and what the
 * owner can do about it, and it reaches the log, the page and the model in the same words.
 */

export interface Allowed {
  readonly allowed: true;
}

export interface Denied {
  readonly allowed: false;
  /** What was refused and by which rule, as one sentence without a full stop. */
  readonly reason: string;
  /** What the owner or the author can do, as one imperative sentence without a full stop. */
  readonly fix: string;
}

export type AskScope = "once" | "session" | "always";

export interface Ask {
  readonly allowed: "ask";
  /** The question as the owner reads it. It names the exact effect. */
  readonly prompt: string;
  /** How far a yes may reach. */
  readonly scopes: readonly AskScope[];
  /** What a yes for the session or for ever is remembered under, for example `host:example.org`. */
  readonly subject: string;
}

export const ALLOWED: Allowed = { allowed: true };

export function denied(reason: string, fix: string): Denied {
  return { allowed: false, reason, fix };
}
