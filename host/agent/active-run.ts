/** A run that was taken and has not ended: what `chat.ts` knows of it while it waits, runs and stops. */
import type { Incoming } from "./parse.ts";
import type { ChatSend } from "#host/base/chat.ts";
import type { QueueMode } from "#host/base/queue-settings.ts";
import type { Route } from "./route.ts";
import type { StoredRun } from "#host/base/transcript.ts";

export interface ActiveRun extends Route {
  readonly runId: string;
  /** What becomes of it while another run of its session goes. */
  readonly mode: QueueMode;
  /** Null for what the owner configured. */
  readonly blocks: boolean | null;
  readonly incoming: Exclude<Incoming, { kind: "refused" }>;
  readonly controller: AbortController;
  /** Resolves once the message is stored; rejects if it could not be. */
  readonly accepted: PromiseWithResolvers<void>;
  readonly ended: PromiseWithResolvers<void>;
  /** What an earlier life of the host stored of it. */
  stored: StoredRun;
  /** `leaving`: it waits no more and will have no turn of its own. */
  state: "arriving" | "waiting" | "running" | "leaving";
  /** When it came, by the monotonic clock. */
  readonly arrivedAt: number;
  /** The run that took its message along. */
  joinedTo: ActiveRun | null;
  /** What it took along itself; over when it is. */
  readonly carried: ActiveRun[];
  /** Resolves once it is kept among those that wait; null for one that is not. */
  kept: Promise<void> | null;
  /** It came while another was answered. */
  hasWaited: boolean;
  /** The waiting run that it was put together with. */
  holder: ActiveRun | null;
  readonly held: ActiveRun[];
  job: () => Promise<void>;
}

interface NewRun extends Pick<ChatSend, "runId" | "blocks"> {
  readonly mode: QueueMode;
  readonly arrivedAt: number;
}

export function createActiveRun(
  route: Route,
  { runId, blocks, mode, arrivedAt }: NewRun,
  incoming: ActiveRun["incoming"],
  execute: (run: ActiveRun) => Promise<void>,
): ActiveRun {
  const accepted = Promise.withResolvers<void>();
  // Nobody waits for a message that stands in the queue; its failure is told by an event.
  accepted.promise.catch(() => {});
  const run: ActiveRun = {
    ...route,
    runId,
    blocks: blocks ?? null,
    mode,
    arrivedAt,
    joinedTo: null,
    carried: [],
    hasWaited: false,
    kept: null,
    holder: null,
    held: [],
    incoming,
    controller: new AbortController(),
    accepted,
    ended: Promise.withResolvers(),
    stored: "none",
    state: "arriving",
    job: () => execute(run),
  };
  return run;
}
