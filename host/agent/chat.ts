/**
 * The agent as the gateway and the channels use it: send, stop, look back, listen.
 *
 * Guarantees: one run of a session at a time, sessions side by side; a run's key is answered once, also when
 * it is sent again after a restart; when `send` answers `started`, a message that runs at once is stored (one
 * that waits is stored when its turn comes); what listeners throw harms no run. Refuses what is empty, too
 * long, or more than a session's queue takes.
 */
import { HostError } from "#host/base/errors.ts";
import { AGENT, type AgentLimits } from "#host/base/limits.ts";
import type { RunEvent } from "#host/base/run.ts";
import { createActiveRun, type ActiveRun } from "./active-run.ts";
import { execute, takeBack, type ExecuteDeps } from "./execute.ts";
import { parseMessage, type Incoming } from "./parse.ts";
import { MAIN_AGENT, parseSessionKey } from "./route.ts";
import { createRunListeners } from "./run-listeners.ts";
import { createSessionQueue } from "./session-queue.ts";
import { withSkills } from "./skills.ts";
import type { TranscriptPage } from "./transcript.ts";

export interface ChatDeps extends Omit<ExecuteDeps, "limits" | "emitterOf"> {
  /** Agents that sessions may belong to. */
  readonly agents?: readonly string[];
  readonly limits?: Partial<AgentLimits>;
}

export interface Chat {
  send(send: ChatSend): Promise<ChatSendResult>;
  /** Stops the named run, or all of the session. Resolves with their ids once each has ended. */
  abort(sessionKey: string, runId: string | null): Promise<readonly string[]>;
  /** The newest `limit` messages before position `beforeSeq`, oldest first. */
  history(sessionKey: string, limit: number, beforeSeq: number | null): Promise<TranscriptPage>;
  /** Runs that are being answered now, without those that wait. */
  running(): readonly { readonly sessionKey: string; readonly runId: string }[];
  subscribe(listener: (event: RunEvent) => void): () => void;
  /** Stops all runs and resolves once each has ended. */
  close(): Promise<void>;
}

export interface ChatSend {
  readonly sessionKey: string;
  readonly message: string;
  /** The client's idempotency key. */
  readonly runId: string;
}

export interface ChatSendResult {
  readonly runId: string;
  /** `in_flight`: this key is being answered already. `ok`: it was answered before. */
  readonly status: "started" | "in_flight" | "ok";
}

export function createChat(options: ChatDeps): Chat {
  const limits: AgentLimits = { ...AGENT, ...options.limits };
  const agents = options.agents ?? [MAIN_AGENT];
  const queue = createSessionQueue(limits.queuedPerSession);
  const active = new Map<string, ActiveRun>();
  const { emitterOf, subscribe } = createRunListeners(options.clock, options.log);
  const deps: ExecuteDeps = {
    ...options,
    limits,
    emitterOf(run) {
      const emit = emitterOf(run);
      return (event) => {
        // Whoever hears of the end finds the run ended.
        if (event.type === "agent_end") active.delete(idOf(run.sessionKey, run.runId));
        emit(event);
      };
    },
    tools: withSkills(options.tools, options.skills),
  };

  const finish = (run: ActiveRun): void => {
    const id = idOf(run.sessionKey, run.runId);
    // The key may have been sent again since its end was told.
    if (active.get(id) === run) active.delete(id);
    run.ended.resolve();
  };
  const work = async (run: ActiveRun): Promise<void> => {
    run.state = "running";
    await execute(deps, run);
    finish(run);
  };
  const stop = async (runs: readonly ActiveRun[]): Promise<string[]> => {
    for (const run of runs) {
      run.controller.abort();
      if (queue.remove(run.sessionKey, run.job)) void takeBack(deps, run).then(() => finish(run));
    }
    await Promise.all(runs.map((run) => run.ended.promise));
    return runs.map((run) => run.runId);
  };
  const enter = async (run: ActiveRun): Promise<ChatSendResult["status"]> => {
    run.stored = await deps.transcript.findRun(run.sessionKey, run.runId);
    if (run.stored === "answered") return "ok";
    // Another /stop is left alone: two of them would wait for each other.
    if (isStop(run)) {
      await stop([...active.values()].filter((one) => one.sessionKey === run.sessionKey && !isStop(one)));
    }
    const place = queue.add(run.sessionKey, run.job);
    if (place === "full") throw queueIsFull(run.sessionKey, limits.queuedPerSession);
    if (place === "started") await run.accepted.promise;
    return "started";
  };

  return {
    subscribe,
    async send({ sessionKey, message, runId }) {
      const route = parseSessionKey(sessionKey, agents);
      const id = idOf(route.sessionKey, runId);
      if (active.has(id)) return { runId, status: "in_flight" };
      const run = createActiveRun(route, runId, taken(parseMessage(message)), work);
      active.set(id, run);
      try {
        const status = await enter(run);
        if (status === "ok") finish(run);
        return { runId, status };
      } catch (thrown) {
        finish(run);
        throw thrown;
      }
    },
    async abort(sessionKey, runId) {
      const route = parseSessionKey(sessionKey, agents);
      const isMeant = (run: ActiveRun) =>
        run.sessionKey === route.sessionKey && (runId === null || run.runId === runId);
      return await stop([...active.values()].filter(isMeant));
    },
    async history(sessionKey, limit, beforeSeq) {
      return await deps.transcript.page(parseSessionKey(sessionKey, agents).sessionKey, limit, beforeSeq);
    },
    running: () =>
      [...active.values()]
        .filter((run) => run.state === "running")
        .map(({ sessionKey, runId }) => ({ sessionKey, runId })),
    async close() {
      await stop([...active.values()]);
    },
  };
}

function idOf(sessionKey: string, runId: string): string {
  return `${sessionKey}\n${runId}`;
}

function isStop({ incoming }: ActiveRun): boolean {
  return incoming.kind === "command" && incoming.command === "stop";
}

function taken(incoming: Incoming): ActiveRun["incoming"] {
  if (incoming.kind !== "refused") return incoming;
  throw new HostError("request.invalid", incoming.denial.reason, { fix: incoming.denial.fix });
}

function queueIsFull(sessionKey: string, most: number): HostError {
  return new HostError(
    "limit.exceeded",
    `Cannot send to "${sessionKey}": ${most} messages wait there already`,
    {
      fix: "Wait for answers, or stop what is being answered",
    },
  );
}
