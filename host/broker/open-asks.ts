/**
 * The questions that are open now: put, answered, and ended as `asks.ts` promises.
 */
import { randomUUID } from "node:crypto";
import type { Approval, ApprovalChange, ApprovalDecision } from "#host/base/approval.ts";
import type { Clock } from "#host/base/clock.ts";
import type { EffectContext } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { AskEnd, Asks, AskStore, Question } from "./asks.ts";
import { aborted, EffectError } from "./failure.ts";
import type { Remembered } from "./remembered.ts";

export interface AsksDeps {
  readonly store: AskStore;
  readonly remembered: Remembered;
  readonly clock: Clock;
  readonly log: Log;
  readonly askTimeoutMs: number;
  readonly openAsksPerPlugin: number;
}

interface OpenAsk {
  readonly approval: Approval;
  readonly question: Question;
  /** True while an answer to it is being stored, and once it has ended. */
  claimed: boolean;
  /** How it must end if that answer cannot be stored. */
  overdue: "expired" | "cancelled" | null;
  readonly end: (how: AskEnd) => void;
}

export function createAsks(deps: AsksDeps): Asks {
  return new OwnerAsks(deps);
}

class OwnerAsks implements Asks {
  readonly #deps: AsksDeps;
  readonly #open = new Map<string, OpenAsk>();
  readonly #listeners = new Set<(change: ApprovalChange) => void>();
  /** Open and about to be stored, by plugin. */
  readonly #counts = new Map<string, number>();

  constructor(deps: AsksDeps) {
    this.#deps = deps;
  }

  async ask(
    question: Question,
    { signal, pauseDeadline }: Pick<EffectContext, "signal" | "pauseDeadline">,
  ): Promise<AskEnd> {
    const release = this.#reserve(question.identity.plugin);
    const resume = pauseDeadline();
    try {
      const approval = this.#approvalOf(question);
      await this.#store(approval);
      return await this.#wait(approval, question, signal);
    } finally {
      resume();
      release();
    }
  }

  list(): readonly Approval[] {
    return [...this.#open.values()].map((ask) => ask.approval);
  }

  async resolve(id: string, decision: ApprovalDecision): Promise<boolean> {
    const ask = this.#open.get(id);
    if (ask === undefined || ask.claimed) return false;
    if (!ask.approval.decisions.includes(decision)) {
      throw new HostError("request.invalid", `Cannot answer "${decision}": this question does not offer it`, {
        fix: `Answer one of: ${ask.approval.decisions.join(", ")}`,
      });
    }
    ask.claimed = true;
    try {
      await this.#keep(ask, decision);
    } catch (thrown) {
      if (decision !== "deny") {
        await this.#reopen(ask);
        throw thrown;
      }
      this.#deps.log.error("A no could not be stored; it stays a no", { error: thrown });
    }
    this.#finish(ask, decision);
    await this.#answerAlike(ask.question, decision);
    return true;
  }

  subscribe(listener: (change: ApprovalChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async cancel(pluginId: string): Promise<void> {
    const theirs = [...this.#open.values()].filter((ask) => ask.approval.pluginId === pluginId);
    await Promise.all(theirs.map((ask) => this.#endUnanswered(ask, "cancelled")));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((ask) => this.#endUnanswered(ask, "cancelled")));
  }

  #reserve(pluginId: string): () => void {
    const count = this.#counts.get(pluginId) ?? 0;
    const { openAsksPerPlugin } = this.#deps;
    if (count >= openAsksPerPlugin) {
      throw new EffectError(
        "denied",
        `Cannot ask the owner: "${pluginId}" has ${count} questions open, and no more are put`,
        { fix: "Answer the open questions first" },
      );
    }
    this.#counts.set(pluginId, count + 1);
    return () => {
      const left = (this.#counts.get(pluginId) ?? 1) - 1;
      if (left === 0) this.#counts.delete(pluginId);
      else this.#counts.set(pluginId, left);
    };
  }

  #approvalOf(question: Question): Approval {
    const { identity } = question;
    const now = this.#deps.clock.now();
    const scopes = question.scopes.filter((scope) => scope !== "session" || identity.session !== null);
    return {
      id: randomUUID(),
      kind: "effect",
      pluginId: identity.plugin,
      sessionKey: identity.session,
      runId: identity.run,
      title: question.title,
      lines: question.lines,
      decisions: [...scopes.map((scope) => `allow-${scope}` as const), "deny"],
      subjectHash: question.hash,
      createdAt: now,
      expiresAt: now + this.#deps.askTimeoutMs,
    };
  }

  async #store(approval: Approval): Promise<void> {
    try {
      await this.#deps.store.insert(approval);
    } catch (cause) {
      throw new EffectError("denied", "Cannot ask the owner: the question could not be stored", { cause });
    }
  }

  async #wait(approval: Approval, question: Question, signal: AbortSignal): Promise<AskEnd> {
    const { promise, resolve } = Promise.withResolvers<AskEnd>();
    const ask: OpenAsk = { approval, question, claimed: false, overdue: null, end: resolve };
    const cancel = () => void this.#endUnanswered(ask, "cancelled");
    const timer = setTimeout(() => void this.#endUnanswered(ask, "expired"), this.#deps.askTimeoutMs);
    this.#open.set(approval.id, ask);
    this.#tell({ type: "requested", approval });
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      const end = await promise;
      if (signal.aborted) throw aborted();
      return end;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
  }

  async #reopen(ask: OpenAsk): Promise<void> {
    ask.claimed = false;
    if (ask.overdue !== null) await this.#endUnanswered(ask, ask.overdue);
  }

  async #endUnanswered(ask: OpenAsk, how: "expired" | "cancelled"): Promise<void> {
    ask.overdue = how;
    if (ask.claimed) return;
    ask.claimed = true;
    this.#finish(ask, how);
    try {
      await this.#deps.store.resolve(ask.approval.id, how, this.#deps.clock.now());
    } catch (error) {
      this.#deps.log.error("The end of a question could not be stored; it stays a no", { error });
    }
  }

  /** A yes counts only once it is stored. */
  async #keep({ approval, question }: OpenAsk, decision: ApprovalDecision): Promise<void> {
    const { identity, subject } = question;
    if (decision === "allow-always") await this.#deps.remembered.forever(identity.plugin, subject);
    await this.#deps.store.resolve(approval.id, decision, this.#deps.clock.now());
    if (decision === "allow-session") this.#deps.remembered.forSession(identity, subject);
  }

  /** A yes beyond this one effect answers what waits for the same subject. */
  async #answerAlike({ identity, subject }: Question, decision: ApprovalDecision): Promise<void> {
    if (decision !== "allow-session" && decision !== "allow-always") return;
    const alike = [...this.#open.values()].filter(
      ({ question }) =>
        question.identity.plugin === identity.plugin &&
        question.subject === subject &&
        this.#deps.remembered.has(question.identity, subject),
    );
    for (const { approval } of alike) {
      await this.resolve(approval.id, "allow-once").catch((error: unknown) =>
        this.#deps.log.error("A question that an answer covers could not be ended", { error }),
      );
    }
  }

  #finish(ask: OpenAsk, how: AskEnd): void {
    this.#open.delete(ask.approval.id);
    ask.end(how);
    this.#tell({ type: "resolved", id: ask.approval.id, decision: how });
  }

  #tell(change: ApprovalChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#deps.log.error("A listener for approvals failed", { error });
      }
    }
  }
}
