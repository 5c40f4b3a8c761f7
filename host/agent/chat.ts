/**
 * The agent as the gateway and the channels use it: send, stop, look back, listen.
 *
 * Guarantees: one run of a session at a time, sessions side by side; a run's key is answered once, also when
 * it is sent again after a restart; when `send` answers `started`, a message that runs at once is stored (one
 * that waits is stored when its turn comes); what listeners throw harms no run. Refuses what is empty, too
 * long, or more than a session's queue takes.
 */
import { randomUUID } from "node:crypto";
import { HostError } from "#host/base/errors.ts";
import { AGENT, type AgentLimits } from "#host/base/limits.ts";
import type { QueueSettings } from "#host/base/queue-settings.ts";
import type { AgentEvent, RunEvent, RunIdentity } from "#host/base/run.ts";
import { createActiveRun, type ActiveRun } from "./active-run.ts";
import { createCompaction, type CompactionResult } from "./compaction/compact.ts";
import { compactNow, endUnanswered, execute, takenBack, type ExecuteDeps } from "./execute.ts";
import { parseMessage, type Incoming } from "./parse.ts";
import { createQueueModes, QUEUE, type QueueModes } from "./queue-modes.ts";
import { MAIN_AGENT, parseSessionKey } from "./route.ts";
import { createRunListeners, type RunListeners } from "./run-listeners.ts";
import { createSessionQueue, type SessionQueue } from "./session-queue.ts";
import { givenUp, isText, makeRoom, release, takeAlong, takeOut, untilQuiet } from "./waiting.ts";
import { parseSkillCall } from "./skill-commands.ts";
import { withSkills } from "./skills.ts";
import type { TranscriptPage } from "#host/base/transcript.ts";
import type { ChatSend, ChatSendResult } from "#host/base/chat.ts";

export interface ChatDeps extends Omit<
  ExecuteDeps,
  "limits" | "emitterOf" | "takeAlong" | "queueCommand" | "compaction"
> {
  /** `messages.queue`, read at each message; the host's own where it says nothing. */
  readonly queue?: () => Partial<QueueSettings>;
  /** Agents that sessions may belong to. */
  readonly agents?: readonly string[];
  readonly limits?: Partial<AgentLimits>;
}

export interface Chat {
  send(send: ChatSend): Promise<ChatSendResult>;
  /** Stops the named run, or all of the session. Resolves with their ids once each has ended. */
  abort(sessionKey: string, runId: string | null): Promise<readonly string[]>;
  /** Summarises a session between its runs. Rejects with what was in the way, such as a model that cannot be reached. */
  compact(sessionKey: string, instructions: string): Promise<CompactionResult>;
  /** The newest `limit` messages before position `beforeSeq`, oldest first. */
  history(sessionKey: string, limit: number, beforeSeq: number | null): Promise<TranscriptPage>;
  /** Runs that are being answered now, without those that wait. */
  running(): readonly { readonly sessionKey: string; readonly runId: string }[];
  subscribe(listener: (event: RunEvent) => void): () => void;
  /** Takes up what waited when an earlier host was killed or closed. Resolves once each has its place again. */
  resume(): Promise<void>;
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
  readonly #modes: QueueModes;
  readonly #closing = new AbortController();
  /** Runs that were taken and have not ended, by session and key. */
  readonly #active = new Map<string, ActiveRun>();

  constructor(options: ChatDeps) {
    const limits: AgentLimits = { ...AGENT, ...options.limits };
    const tools = withSkills(options.tools, options.skills);
    this.#agents = options.agents ?? [MAIN_AGENT];
    this.#queue = createSessionQueue();
    this.#modes = createQueueModes(() => {
      const settings = options.queue?.() ?? {};
      return { ...QUEUE, cap: limits.queuedPerSession, ...settings };
    });
    this.#listeners = createRunListeners(options.clock, options.log);
    this.#deps = {
      ...options,
      limits,
      tools,
      compaction: createCompaction({ ...options, limits }),
      emitterOf: (run) => this.#emitterOf(run),
      takeAlong: (run, turn) => this.#takeAlong(run, turn),
      queueCommand: (sessionKey, args) => this.#modes.command(sessionKey, args),
    };
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    return this.#listeners.subscribe(listener);
  }

  async send(send: ChatSend): Promise<ChatSendResult> {
    return await this.#take(send, null);
  }

  async resume(): Promise<void> {
    const { waiting, log } = this.#deps;
    for (const { sessionKey, runId, message, mode } of await waiting.all()) {
      // What it was to interrupt is over.
      const queueMode = mode === "interrupt" ? "followup" : mode;
      try {
        await this.#take({ sessionKey, runId, message, queueMode }, Promise.resolve());
      } catch (error) {
        log.warn("a message that waited cannot be answered", { sessionKey, runId, error });
        await waiting.drop(sessionKey, runId);
      }
    }
  }

  async #take(send: ChatSend, kept: Promise<void> | null): Promise<ChatSendResult> {
    const { runId, message } = send;
    const route = parseSessionKey(send.sessionKey, this.#agents);
    const id = idOf(route.sessionKey, runId);
    if (this.#active.has(id)) return { runId, status: "in_flight" };
    const isSkill = parseSkillCall(message, this.#deps.skills.commands()) !== null;
    // A skill has a turn of its own: another's prompt does not have its text.
    const mode = isSkill ? "followup" : this.#modes.rulesOf(route.sessionKey, send).mode;
    const facts = { ...send, mode, arrivedAt: this.#deps.clock.monotonic() };
    const run = createActiveRun(route, facts, taken(parseMessage(message)), (one) => this.#work(one));
    run.kept = kept;
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

  async compact(written: string, instructions: string): Promise<CompactionResult> {
    const { sessionKey, agentId } = parseSessionKey(written, this.#agents);
    const { sessionId } = await this.#deps.transcript.open(sessionKey, agentId);
    const identity = { runId: `compact-${randomUUID()}`, sessionKey, sessionId, agentId };
    const { promise, resolve, reject } = Promise.withResolvers<CompactionResult>();
    const { signal } = this.#closing;
    const job = () =>
      compactNow(this.#deps, identity, instructions, { emit: () => {}, signal }).then(resolve, reject);
    this.#queue.add(sessionKey, job);
    return await promise;
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
    this.#closing.abort();
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
    const others = this.#runsOf(run.sessionKey).filter((other) => other !== run);
    const waiting = others.filter((other) => other.state === "waiting");
    const inLine = waiting.filter((other) => other.holder === null);
    const dropped = makeRoom(run, inLine, this.#modes.rulesOf(run.sessionKey), this.#queue);
    if (dropped !== null) this.#giveUp(dropped);
    if (this.#place(run, others) === "started") await run.accepted.promise;
    else await this.#keep(run);
    return "started";
  }

  /** On the disk before its sender hears that it was taken. */
  async #keep(run: ActiveRun): Promise<void> {
    const { sessionKey, runId, mode, incoming } = run;
    run.kept ??= this.#deps.waiting.keep({ sessionKey, runId, mode, message: incoming.text });
    try {
      await run.kept;
    } catch (thrown) {
      // One that has begun since is stored as any other.
      if (takeOut(run, this.#queue)) throw thrown;
    }
  }

  /** Those that wait when the host closes are answered by the next one. */
  #unkeep({ kept, sessionKey, runId }: ActiveRun): void {
    if (kept === null || this.#closing.signal.aborted) return;
    kept
      .then(() => this.#deps.waiting.drop(sessionKey, runId))
      .catch((error: unknown) => this.#deps.log.error("a waiting message could not be dropped", { error }));
  }

  /** Into its session's queue. A message that interrupts goes first, and what runs is stopped for it. */
  #place(run: ActiveRun, others: readonly ActiveRun[]): "started" | "waiting" {
    run.state = "waiting";
    run.hasWaited = run.holder !== null;
    if (run.hasWaited) return "waiting";
    const interrupts = run.mode === "interrupt" && isText(run);
    const running = others.filter((other) => other.state === "running");
    const place = this.#queue.add(run.sessionKey, run.job, interrupts ? "first" : "last");
    run.hasWaited = place === "waiting";
    if (interrupts) for (const other of running) other.controller.abort();
    return place;
  }

  #giveUp(run: ActiveRun): void {
    if (takeOut(run, this.#queue)) void this.#endUnanswered(run, givenUp(run.sessionKey));
  }

  async #work(run: ActiveRun): Promise<void> {
    // What came to an idle session starts at once.
    if (run.hasWaited) await this.#untilQuiet(run);
    if (run.hasWaited && run.controller.signal.aborted) return await this.#endUnanswered(run, takenBack());
    run.state = "running";
    await execute(this.#deps, run);
    this.#finish(run);
  }

  async #untilQuiet(run: ActiveRun): Promise<void> {
    const newest = () => Math.max(...this.#runsOf(run.sessionKey).map((other) => other.arrivedAt));
    const { debounceMs } = this.#modes.rulesOf(run.sessionKey);
    await untilQuiet(run, debounceMs, () => this.#deps.clock.monotonic(), newest);
  }

  async #endUnanswered(run: ActiveRun, error: HostError): Promise<void> {
    await endUnanswered(this.#deps, run, error);
    this.#finish(run);
  }

  /** What a run takes along before a model call. */
  #takeAlong(run: ActiveRun, turn: number): ActiveRun[] {
    const waiting = this.#runsOf(run.sessionKey).filter((other) => other.state === "waiting");
    return takeAlong(run, turn, waiting, this.#queue);
  }

  async #stop(runs: readonly ActiveRun[]): Promise<string[]> {
    for (const run of runs) {
      // A message cannot be taken out of the turn that answers it.
      (run.joinedTo ?? run).controller.abort();
      if (takeOut(run, this.#queue)) void this.#endUnanswered(run, takenBack());
    }
    await Promise.all(runs.map((run) => run.ended.promise));
    return runs.map((run) => run.runId);
  }

  #finish(run: ActiveRun): void {
    const id = idOf(run.sessionKey, run.runId);
    // The key may have been sent again since its end was told.
    if (this.#active.get(id) === run) this.#active.delete(id);
    this.#unkeep(run);
    run.ended.resolve();
    release(run, this.#queue);
    for (const carried of run.carried.splice(0)) this.#finish(carried);
  }

  #runsOf(sessionKey: string): ActiveRun[] {
    return [...this.#active.values()].filter((run) => run.sessionKey === sessionKey);
  }

  #emitterOf(run: RunIdentity): (event: AgentEvent) => void {
    const emit = this.#listeners.emitterOf(run);
    return (event) => {
      if (event.type === "agent_end") this.#forget(this.#active.get(idOf(run.sessionKey, run.runId)));
      emit(event);
    };
  }

  /** Whoever hears of the end finds the run ended, and what it took along. */
  #forget(run: ActiveRun | undefined): void {
    if (run === undefined || run.joinedTo !== null) return;
    for (const { sessionKey, runId } of [run, ...run.carried]) this.#active.delete(idOf(sessionKey, runId));
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
