/** Who hears what runs tell. A listener that throws is logged and harms neither the run nor the others. */
import type { Clock } from "#host/base/clock.ts";
import type { Log } from "#host/base/log.ts";
import type { AgentEvent, RunEvent, RunIdentity } from "#host/base/run.ts";

export interface RunListeners {
  /** Gives back how to stop listening. */
  subscribe(listener: (event: RunEvent) => void): () => void;
  /** The function that tells a run's events; it counts them from 1. */
  emitterOf(run: RunIdentity): (event: AgentEvent) => void;
}

export function createRunListeners(clock: Clock, log: Log): RunListeners {
  const listeners = new Set<(event: RunEvent) => void>();
  const tell = (listener: (event: RunEvent) => void, event: RunEvent) => {
    try {
      listener(event);
    } catch (thrown) {
      log.error("a listener of the agent's events failed", { runId: event.run.runId, error: thrown });
    }
  };
  return {
    subscribe(listener: (event: RunEvent) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emitterOf(run: RunIdentity): (event: AgentEvent) => void {
      let seq = 0;
      return (event) => {
        const told: RunEvent = { run, seq: ++seq, ts: clock.now(), event };
        for (const listener of listeners) tell(listener, told);
      };
    },
  };
}
