/**
 * A run's model calls, each reserved before it is asked and settled after it, whoever of the run makes it: the answer,
 * a fallback, a summary. What the selector knows of a choice stays tied to the choice itself.
 */
import type { RunIdentity } from "#host/base/run.ts";
import type { ModelChoice } from "#host/llm/provider.ts";

/** The same choice, whose calls are counted for this run. */
export type Meter = (choice: ModelChoice, run: Pick<RunIdentity, "sessionKey" | "runId">) => ModelChoice;

export interface Metering {
  metered(choice: ModelChoice): ModelChoice;
  /** As it came from the selector. */
  plain(choice: ModelChoice): ModelChoice;
}

export function createMetering(meter: Meter, run: RunIdentity): Metering {
  const origins = new Map<ModelChoice, ModelChoice>();
  return {
    metered(choice) {
      const counted = meter(choice, run);
      origins.set(counted, choice);
      return counted;
    },
    plain: (choice) => origins.get(choice) ?? choice,
  };
}
