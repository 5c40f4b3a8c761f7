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
import type { AgentEvent, RunEvent, RunIdentity } from "#host/base/run.ts";
import { createActiveRun, type ActiveRun } from "./active-run.ts";
import { execute, takeBack, type ExecuteDeps } from "./execute.ts";
import { parseMessage, type Incoming } from "./parse.ts";
import { MAIN_AGENT, parseSessionKey } from "./route.ts";
import { createRunListeners, type RunListeners } from "./run-listeners.ts";
import { createSessionQueue, type SessionQueue } from "./session-queue.ts";
import { withSkills } from "./skills.ts";
import type { TranscriptPage } from "#host/base/transcript.ts";
import type { ChatSend, ChatSendResult } from "#host/base/chat.ts";

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

export function createChat(options: ChatDeps): Chat {
  return new AgentChat(options);
}

class AgentChat implements Chat {
  readonly #deps: ExecuteDeps;
  readonly #agents: readonly string[];
  readonly #queue: SessionQueue;
  readonly #listeners: RunListeners;
  /** Runs that were taken and have not ended, by session and key. */
  readonly #active = new Map<string, ActiveRun>();

  constructor(options: ChatDeps) {
    const limits: AgentLimits = { ...AGENT, ...options.limits };
    const tools = withSkills(options.tools, options.skills);
    this.#agents = options.agents ?? [MAIN_AGENT];
    this.#queue = createSessionQueue(limits.queuedPerSession);
    this.#listeners = createRunListeners(options.clock, options.log);
    this.#deps = { ...options, limits, tools, emitterOf: (run) => this.#emitterOf(run) };
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    return this.#listeners.subscribe(listener);
  }

  async send(send: ChatSend): Promise<ChatSendResult> {
    const { runId, message } = send;
    const route = parseSessionKey(send.sessionKey, this.#agents);
    const id = idOf(route.sessionKey, runId);
    if (this.#active.has(id)) return { runId, status: "in_flight" };
    const run = createActiveRun(route, send, taken(parseMessage(message)), (one) => this.#work(one));
    this.#active.set(id, run);
    try {
      return { runId, status: await this.#enter(run) };
    } catch (thrown) {
      this.#finish(run);
      throw thrown;
    }
  }

  async abort(sessionKey: string, runId: string | null): Promise<readonly string[]> {
    const route = parseSessionKey(sessionKey, this.#agents);
    const runs = this.#runsOf(route.sessionKey);
    return await this.#stop(runId === null ? runs : runs.filter((run) => run.runId === runId));
  }

  async history(sessionKey: string, limit: number, beforeSeq: number | null): Promise<TranscriptPage> {
    const route = parseSessionKey(sessionKey, this.#agents);
    return await this.#deps.transcript.page(route.sessionKey, limit, beforeSeq);
  }

  running(): readonly { readonly sessionKey: string; readonly runId: string }[] {
    const runs = [...this.#active.values()].filter((run) => run.state === "running");
    return runs.map(({ sessionKey, runId }) => ({ sessionKey, runId }));
  }

  async close(): Promise<void> {
    await this.#stop([...this.#active.values()]);
  }

  /** From the known key to a place in the session's queue. */
  async #enter(run: ActiveRun): Promise<ChatSendResult["status"]> {
    run.stored = await this.#deps.transcript.findRun(run.sessionKey, run.runId);
    if (run.stored === "answered") {
      this.#finish(run);
      return "ok";
    }
    // Another /stop is left alone: two of them would wait for each other.
    if (isStop(run)) await this.#stop(this.#runsOf(run.sessionKey).filter((other) => !isStop(other)));
    const place = this.#queue.add(run.sessionKey, run.job);
    if (place === "full") throw queueIsFull(run.sessionKey, this.#deps.limits.queuedPerSession);
    if (place === "started") await run.accepted.promise;
    return "started";
  }

  async #work(run: ActiveRun): Promise<void> {
    run.state = "running";
    await execute(this.#deps, run);
    this.#finish(run);
  }

  async #stop(runs: readonly ActiveRun[]): Promise<string[]> {
    for (const run of runs) {
      run.controller.abort();
      if (!this.#queue.remove(run.sessionKey, run.job)) continue;
      void takeBack(this.#deps, run).then(() => this.#finish(run));
    }
    await Promise.all(runs.map((run) => run.ended.promise));
    return runs.map((run) => run.runId);
  }

  #finish(run: ActiveRun): void {
    const id = idOf(run.sessionKey, run.runId);
    // The key may have been sent again since its end was told.
    if (this.#active.get(id) === run) this.#active.delete(id);
    run.ended.resolve();
  }

  #runsOf(sessionKey: string): ActiveRun[] {
    return [...this.#active.values()].filter((run) => run.sessionKey === sessionKey);
  }

  #emitterOf(run: RunIdentity): (event: AgentEvent) => void {
    const emit = this.#listeners.emitterOf(run);
    return (event) => {
      // Whoever hears of the end finds the run ended.
      if (event.type === "agent_end") this.#active.delete(idOf(run.sessionKey, run.runId));
      emit(event);
    };
  }
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
