/** What models cost in tokens, as it is recorded and summed. */

/** One answer of the agent's own, as the model's service counted it. */
export interface TurnUsage {
  /** Session key. */
  readonly session: string;
  readonly run: string;
  readonly provider: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
}

/** A day of UTC: the agent's answers and the plugins' calls together. */
export interface DayUsage {
  /** `2026-11-27` */
  readonly date: string;
  readonly input: number;
  readonly output: number;
  /** Answers and calls. */
  readonly entries: number;
  /** Dollars, of those whose price was known. */
  readonly inputCost: number;
  readonly outputCost: number;
  /** Entries whose price nobody knew. */
  readonly unpriced: number;
}
