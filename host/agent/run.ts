/**
 * One run: the answer to one message. Model and tools take turns until an answer asks for no tool.
 *
 * Guarantees: every start event has its end, whatever fails; a message is stored before its end is told; the
 * last thing stored is an assistant message that says how the run ended. The last model call that the limit
 * allows is made without tools, so that even a model that would call tools for ever gives an answer.
 */
import type { Clock } from "#host/base/clock.ts";
import { asHostError, HostError } from "#host/base/errors.ts";
import { AGENT, type AgentLimits } from "#host/base/limits.ts";
import { NO_USAGE, type AssistantMessage, type Message, type UserMessage } from "#host/base/message.ts";
import type { AgentEvent, RunIdentity } from "#host/base/run.ts";
import type { ThinkingLevel } from "#host/base/thinking.ts";
import type { ModelChoice, ModelInfo, ModelTool } from "#host/llm/provider.ts";
import { formatFailure } from "./format.ts";
import { createLoopWatch, endlessLoop, LOOP_NOTE, type LoopWatch } from "./loops.ts";
import { callModel, type ModelOutcome } from "./model-call.ts";
import { repairAnswer, type RepairedAnswer } from "./repair/answer.ts";
import { runToolCalls } from "./tool-calls.ts";
import type { ToolRunner } from "./tool-runner.ts";
import { windowFor } from "./context-budget.ts";
import { buildWindow, type Past } from "./window.ts";

export interface RunDeps {
  readonly choice: ModelChoice;
  /** Who is asked in a failed model's place, until the run's end; null for nobody. */
  readonly fallback: (failed: ModelChoice, error: HostError) => Promise<ModelChoice | null>;
  /** How long the model is to think; null for its own way. */
  readonly thinking: ThinkingLevel | null;
  readonly tools: ToolRunner;
  readonly clock: Clock;
  /** The system prompt, for a model that gets tools and for one that does not. */
  readonly prompt: (hasTools: boolean, model: ModelInfo) => string;
  readonly emit: (event: AgentEvent) => void;
  /** The model refused the conversation as too long, and was asked again with less of it. */
  readonly tooLong: () => void;
  /** Gives back what went wrong; never rejects. */
  readonly store: (message: Message) => Promise<HostError | null>;
  readonly limits?: Partial<AgentLimits>;
}

export interface RunInput {
  readonly run: RunIdentity;
  /** What came before, as much as this model takes. */
  readonly recall: (choice: ModelChoice) => Promise<Past>;
  /** The message to answer; stored already. */
  readonly asked: UserMessage;
  readonly signal: AbortSignal;
  /** Messages that the run takes along before this model call (counted from 1); stored already. Never rejects. */
  readonly joining: (turn: number) => Promise<readonly UserMessage[]>;
}

export interface RunResult {
  /** Who answered, or failed last. */
  readonly choice: ModelChoice;
  readonly message: AssistantMessage;
  /** Null if the answer is complete. */
  readonly error: HostError | null;
}

/** Never rejects for what a model, a tool or the store does. */
export async function runAgent(deps: RunDeps, input: RunInput): Promise<RunResult> {
  const { choice, emit } = deps;
  emit({ type: "agent_start", provider: choice.provider.id, model: choice.model.id });
  const { message, error, choice: last } = await answer(deps, input);
  const stopReason = error === null || message.stopReason === "aborted" ? message.stopReason : "error";
  emit({ type: "agent_end", stopReason, message, error });
  return { choice: last, message, error };
}

async function answer(deps: RunDeps, input: RunInput): Promise<RunResult> {
  const limits = { ...AGENT, ...deps.limits };
  const current: Current = [input.asked];
  let { choice } = deps;
  const loops = createLoopWatch(limits.loopRepeats);
  const notes: string[] = [];
  const past = await input.recall(choice).catch((thrown: unknown) => asHostError(thrown));
  if (past instanceof HostError) return await giveUp(deps, past);
  for (let turn = 1; turn <= limits.maxModelCalls; turn++) {
    deps.emit({ type: "turn_start" });
    if (turn === 1) announce(deps, input.asked);
    for (const message of await input.joining(turn)) {
      announce(deps, message);
      current.push(message);
    }
    const mayCallTools = turn < limits.maxModelCalls;
    const rules = { limits, mayCallTools, past, loops, notes };
    const { message, error, isLast, ...taken } = await takeTurn({ ...deps, choice }, input, current, rules);
    choice = taken.choice;
    deps.emit({ type: "turn_end", message });
    if (isLast && error?.code === "limit.exceeded" && message.stopReason === "toolUse")
      return await giveUp({ ...deps, choice }, error);
    if (isLast) return { choice, message, error };
  }
  return await giveUp({ ...deps, choice }, endless(limits.maxModelCalls));
}

/** The message that is being answered, and what its run has added. */
type Current = [UserMessage, ...Message[]];

interface Turn extends RunResult {
  /** Nothing is left to do, or nothing can be done. */
  readonly isLast: boolean;
}

interface TurnRules {
  readonly limits: AgentLimits;
  readonly mayCallTools: boolean;
  readonly past: Past;
  readonly loops: LoopWatch;
  /** What the host has to tell the model in this run. */
  readonly notes: string[];
}

/** One model call and the tools that it asked for. Adds what came of them to `current`. */
async function takeTurn(deps: RunDeps, input: RunInput, current: Current, rules: TurnRules): Promise<Turn> {
  const { clock, emit, store, tools } = deps;
  const { signal } = input;
  const now = () => clock.now();
  let offered: readonly ModelTool[] = [];
  const callDeps = { ...deps, now, maxChars: rules.limits.maxAnswerChars };
  const outcome = await callModel(callDeps, async (asked, squeeze) => {
    offered = [];
    if (rules.mayCallTools && asked.model.supportsTools) offered = await tools.list();
    const system = [deps.prompt(offered.length > 0, asked.model), ...rules.notes].join("\n\n");
    const fixed = { system, tools: offered };
    const window = windowFor(asked.model, fixed, rules.limits, squeeze);
    const level = deps.thinking === null ? {} : { thinking: deps.thinking };
    return { ...fixed, messages: buildWindow(rules.past, current, window), signal, ...level };
  });
  const { choice } = outcome;
  const written = rules.mayCallTools ? repairAnswer(outcome, offered) : unrepaired(outcome);
  const { message, calls, repairs, refusals } = outcome.error === null ? written : unrepaired(outcome);
  if (outcome.wasTooLong) deps.tooLong();
  const unstored = await store(message);
  emit({ type: "message_end", message });
  current.push(message);
  const error = outcome.error ?? unstored;
  if (error !== null || calls.length === 0) return { choice, message, error, isLast: true };
  if (!rules.mayCallTools) return { choice, message, error: null, isLast: false };

  const { run } = input;
  const monotonic = () => clock.monotonic();
  const toolDeps = { tools, run, signal, emit, store, now, monotonic, limits: rules.limits };
  const results = await runToolCalls(toolDeps, { calls, repairs, refusals });
  current.push(...results.messages);
  const verdict = rules.loops.step(calls, results.messages);
  const failed = results.error ?? (verdict === "end" ? endlessLoop(calls) : null);
  if (verdict === "tell") rules.notes.push(LOOP_NOTE);
  return { choice, message, error: failed, isLast: failed !== null };
}

/** For an answer whose calls are not run. */
function unrepaired({ message, calls }: ModelOutcome): RepairedAnswer {
  return { message, calls, repairs: new Map(), refusals: new Map() };
}

/** For a model that asks for tools even when it was offered none. */
function endless(maxModelCalls: number): HostError {
  return new HostError("limit.exceeded", `Stopped after ${maxModelCalls} model calls without an answer`, {
    fix: "Ask for less at once, or say how far it got and go on from there",
  });
}

/** Ends a run with an answer of the host's that says why. */
async function giveUp(deps: RunDeps, error: HostError): Promise<RunResult> {
  const { choice, clock, emit, store } = deps;
  const message = formatFailure([], error, { choice, usage: NO_USAGE, now: clock.now() });
  emit({ type: "turn_start" });
  emit({ type: "message_start", message });
  await store(message);
  emit({ type: "message_end", message });
  emit({ type: "turn_end", message });
  return { choice, message, error };
}

function announce({ emit }: RunDeps, message: UserMessage): void {
  emit({ type: "message_start", message });
  emit({ type: "message_end", message });
}
