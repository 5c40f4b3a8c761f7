/** A run that was taken and has not ended: what `chat.ts` knows of it while it waits, runs and stops. */
import type { Incoming } from "./parse.ts";
import type { ChatSend } from "#host/base/chat.ts";
import type { Route } from "./route.ts";
import type { StoredRun } from "#host/base/transcript.ts";

export interface ActiveRun extends Route {
  readonly runId: string;
  /** Null for what the owner configured. */
  readonly blocks: boolean | null;
  readonly incoming: Exclude<Incoming, { kind: "refused" }>;
  readonly controller: AbortController;
  /** Resolves once the message is stored; rejects if it could not be. */
  readonly accepted: PromiseWithResolvers<void>;
  readonly ended: PromiseWithResolvers<void>;
  /** What an earlier life of the host stored of it. */
  stored: StoredRun;
  state: "arriving" | "waiting" | "running";
  job: () => Promise<void>;
}

export function createActiveRun(
  route: Route,
  { runId, blocks }: Pick<ChatSend, "runId" | "blocks">,
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
