/** What the owner lets models cost, and what a model's tokens cost. */

/** Null for no bound. */
export interface Bound {
  readonly tokens: number | null;
  /** Dollars. */
  readonly usd: number | null;
}

export interface Budgets {
  /** Of all sessions and plugins together, by UTC's day. */
  readonly day: Bound;
  /** Of one conversation, until `/new` begins another. */
  readonly session: Bound;
}

/** Dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

export const NO_BUDGETS: Budgets = { day: { tokens: null, usd: null }, session: { tokens: null, usd: null } };

/** Dollars. */
export function costOf(tokens: number, perMillion: number): number {
  return (tokens * perMillion) / 1_000_000;
}
