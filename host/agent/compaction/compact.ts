/**
 * Keeps a conversation within its model's context: before it overflows, what was said before becomes a summary.
 *
 * Guarantees that nothing of the history is deleted or changed: a summary is a message that is added. Where it fails
 * (the model, the store, a stop) everything stays as it was, and the turn goes on with the newest messages that fit.
 */
import { asHostError, HostError } from "#host/base/errors.ts";
import type { AgentLimits } from "#host/base/limits.ts";
import type { Message, SummaryMessage } from "#host/base/message.ts";
import type { AgentEvent, RunIdentity } from "#host/base/run.ts";
import type { RecentMessages, Transcript } from "#host/base/transcript.ts";
import type { Clock } from "#host/base/clock.ts";
import type { ModelChoice } from "#host/llm/provider.ts";
import type { Past, WindowLimits } from "../window.ts";
import { isNearlyFull, planCompaction, type CompactionPlan } from "./plan.ts";
import { summarise } from "./summarise.ts";

export interface CompactionDeps {
  readonly transcript: Pick<Transcript, "recent" | "append">;
  readonly clock: Clock;
  readonly limits: AgentLimits;
}

export interface CompactionTurn {
  readonly run: RunIdentity;
  readonly choice: ModelChoice;
  readonly window: WindowLimits;
  readonly emit: (event: AgentEvent) => void;
  readonly signal: AbortSignal;
}

export interface CompactionResult {
  /** Messages that the summary stands for; 0 where there was nothing to summarise. */
  readonly covers: number;
  /** Of the summary. */
  readonly chars: number;
}

export interface Compaction {
  /** What a turn remembers, summarised before if need be. Never rejects for a summary that failed. */
  recall(turn: CompactionTurn): Promise<RecentMessages>;
  /** At the owner's word, however little there is. Rejects with what was in the way; 0 where there was nothing to do. */
  now(turn: CompactionTurn, instructions: string): Promise<CompactionResult>;
  /** The model refused the conversation as too long: the next turn summarises whatever the estimate says. */
  refused(sessionId: string): void;
}

interface Wish {
  readonly instructions: string;
  readonly keepPercent: number;
}

/** Of the bytes that a window takes, a summary may take a quarter: three bytes are a token. */
const SUMMARY_SHARE = 12;

/** Sessions that are remembered as refused or failed; the oldest goes. */
const MAX_REMEMBERED = 1_000;

export function createCompaction(deps: CompactionDeps): Compaction {
  const { transcript, clock, limits } = deps;
  /** When the next try may be, by session. */
  const notBefore = new Map<string, number>();
  const refused = new Set<string>();

  const attempt = async (turn: CompactionTurn, wish: Wish): Promise<SummaryMessage | null> => {
    const { run } = turn;
    const bounds = { messages: limits.compactMessages, chars: limits.compactChars };
    const recent = await transcript.recent(run.sessionId, bounds);
    const messages = recent.messages.filter(({ message }) => !isAskedBy(message, run.runId));
    const { historyChars, historyMessages } = turn.window;
    const share = wish.keepPercent / 100;
    const keep = { bytes: historyChars * share, messages: historyMessages * share };
    const plan = planCompaction({ ...recent, messages }, keep);
    if (plan === null) return null;
    turn.emit({ type: "compaction_start" });
    const summary = await write(turn, plan, recent.summary, wish).catch((thrown: unknown) =>
      asHostError(thrown),
    );
    const isError = summary instanceof HostError;
    turn.emit({
      type: "compaction_end",
      covers: isError ? 0 : summary.covers,
      error: isError ? summary : null,
    });
    if (isError) throw summary;
    return summary;
  };

  const write = async (
    { run, choice, window, signal }: CompactionTurn,
    { covered, upTo }: CompactionPlan,
    summary: SummaryMessage | null,
    { instructions }: Wish,
  ): Promise<SummaryMessage> => {
    const messages = covered.map(({ message }) => message);
    const maxTokens = Math.min(limits.summaryTokens, Math.floor(window.historyChars / SUMMARY_SHARE));
    const made = await summarise({ choice, summary, messages, instructions, maxTokens, signal });
    if (made.error !== null) throw made.error;
    const { provider, model } = choice;
    const message: SummaryMessage = {
      role: "compactionSummary",
      content: made.text,
      upTo,
      covers: covered.length,
      provider: provider.id,
      model: model.id,
      timestamp: clock.now(),
    };
    await transcript.append(run.sessionId, message, { runId: run.runId, usage: made.usage });
    return message;
  };

  const postpone = (sessionId: string): void => {
    notBefore.set(sessionId, clock.monotonic() + limits.compactAgainMs);
    const [oldest] = notBefore.keys();
    if (notBefore.size > MAX_REMEMBERED && oldest !== undefined) notBefore.delete(oldest);
  };

  const isDue = ({ run, choice, window }: CompactionTurn, recent: RecentMessages): boolean => {
    if (choice.how === "demo" || (notBefore.get(run.sessionId) ?? 0) > clock.monotonic()) return false;
    return refused.has(run.sessionId) || isNearlyFull(recent, window, limits);
  };

  return {
    async recall(turn) {
      const { sessionId } = turn.run;
      const bounds = { messages: limits.historyMessages, chars: limits.historyChars * JSON_SHARE };
      const recent = await transcript.recent(sessionId, bounds);
      if (!isDue(turn, recent)) return recent;
      try {
        const summary = await attempt(turn, { instructions: "", keepPercent: limits.keepPercent });
        refused.delete(sessionId);
        return summary === null ? recent : await transcript.recent(sessionId, bounds);
      } catch (thrown) {
        if (asHostError(thrown).code !== "aborted") postpone(sessionId);
        return recent;
      }
    },
    async now(turn, instructions) {
      if (turn.choice.how === "demo") throw noModel();
      const summary = await attempt(turn, { instructions, keepPercent: 0 });
      notBefore.delete(turn.run.sessionId);
      return { covers: summary?.covers ?? 0, chars: summary?.content.length ?? 0 };
    },
    refused(sessionId) {
      refused.add(sessionId);
      const [oldest] = refused;
      if (refused.size > MAX_REMEMBERED && oldest !== undefined) refused.delete(oldest);
    },
  };
}

function noModel(): HostError {
  return new HostError("model.missing", "Cannot summarise: the demo model cannot, and no other is there", {
    fix: "Start Ollama or LM Studio, or set a model in openclaw.json",
  });
}

/** A message as JSON is longer than what a model reads of it. */
const JSON_SHARE = 2;

/** The message that the run answers, stored by a host that was killed before it did, or just now. */
function isAskedBy(message: Message, runId: string): boolean {
  return message.role === "user" && message.idempotencyKey === runId;
}

export function pastOf({ summary, messages }: RecentMessages, runId: string): Past {
  const others = messages.map(({ message }) => message).filter((message) => !isAskedBy(message, runId));
  return { summary, messages: others };
}
