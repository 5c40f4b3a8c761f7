/**
 * One call of a model: its stream becomes one assistant message, and events while it grows.
 *
 * Never throws for a model's failure: that is an outcome with an `error` and with what was said until then.
 * The caller stores the message and then tells its end.
 */
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import { NO_USAGE, type AssistantMessage, type ToolCallPart } from "#host/base/message.ts";
import type { AgentEvent } from "#host/base/run.ts";
import type { ModelChoice, ModelEvent, ModelRequest } from "#host/llm/provider.ts";
import { createAnswerParts, type AnswerParts } from "./answer-parts.ts";
import { isTooLong } from "./context-budget.ts";
import { formatAnswer, formatFailure, formatStart } from "./format.ts";

export interface ModelOutcome {
  /** Who answered, or failed last. */
  readonly choice: ModelChoice;
  readonly message: AssistantMessage;
  /** Calls to run; none if the answer failed. */
  readonly calls: readonly ToolCallPart[];
  readonly malformed: ReadonlyMap<string, string>;
  /** Null if the answer is complete. */
  readonly error: HostError | null;
  /** The model refused the whole conversation, and was asked with less of it. */
  readonly wasTooLong: boolean;
}

export interface ModelCallDeps {
  readonly choice: ModelChoice;
  readonly now: () => number;
  readonly emit: (event: AgentEvent) => void;
  /** Who is asked in a failed model's place; null for nobody. */
  readonly fallback: (failed: ModelChoice, error: HostError) => Promise<ModelChoice | null>;
  /** Characters after which an answer is stopped. */
  readonly maxChars: number;
}

/** Made inside the call, so that what goes wrong in making it is the answer's failure. */
export type PrepareRequest = (
  choice: ModelChoice,
  /** How often the model refused the request as too long. */
  squeeze: number,
) => Promise<Omit<ModelRequest, "model">>;

type ModelEnd = Extract<ModelEvent, { type: "done" | "error" }>;

export async function callModel(deps: ModelCallDeps, prepare: PrepareRequest): Promise<ModelOutcome> {
  const { emit, now } = deps;
  emit({ type: "message_start", message: formatStart({ choice: deps.choice, usage: NO_USAGE, now: now() }) });
  let squeeze = 0;
  for (let { choice } = deps; ;) {
    const parts = createAnswerParts();
    const end = await readStream({ ...deps, choice }, (asked) => prepare(asked, squeeze), parts);
    if (squeeze < MOST_SQUEEZES && isRefusedAsTooLong(end, parts)) {
      squeeze++;
      continue;
    }
    const next = await successorOf(deps, choice, end, parts);
    if (next === null) return { ...outcomeOf(parts, end, choice, now()), wasTooLong: squeeze > 0 };
    choice = next;
  }
}

/** Then an eighth of the conversation is sent, and a model that refuses that is not helped by less. */
const MOST_SQUEEZES = 3;

function isRefusedAsTooLong(end: ModelEnd, parts: AnswerParts): boolean {
  return end.type === "error" && isTooLong(end.error) && parts.content().length === 0;
}

/** Only for a model that failed before it said anything: what was said is not said twice. */
async function successorOf(
  { fallback, emit }: ModelCallDeps,
  choice: ModelChoice,
  end: ModelEnd,
  parts: AnswerParts,
): Promise<ModelChoice | null> {
  if (end.type !== "error" || !end.error.code.startsWith("model.") || parts.content().length > 0) return null;
  const next = await fallback(choice, end.error);
  if (next === null) return null;
  const failed = { provider: choice.provider.id, model: choice.model.id };
  const reason = explain(end.error);
  emit({ type: "model_fallback", failed, reason, provider: next.provider.id, model: next.model.id });
  return next;
}

function outcomeOf(
  parts: AnswerParts,
  end: ModelEnd,
  choice: ModelChoice,
  now: number,
): Omit<ModelOutcome, "wasTooLong"> {
  const { malformed } = parts;
  if (end.type === "error") {
    const message = formatFailure(parts.content(), end.error, { choice, usage: NO_USAGE, now });
    return { choice, message, calls: [], malformed, error: end.error };
  }
  const message = formatAnswer(parts.content(), end.stopReason, { choice, usage: end.usage, now });
  return { choice, message, calls: parts.calls(), malformed, error: null };
}

async function readStream(
  { choice, emit, maxChars }: ModelCallDeps,
  prepare: (choice: ModelChoice) => ReturnType<PrepareRequest>,
  parts: AnswerParts,
): Promise<ModelEnd> {
  try {
    const request = await prepare(choice);
    if (request.signal.aborted) return failed(new HostError("aborted", "The answer was stopped"));
    for await (const event of choice.provider.stream({ ...request, model: choice.model.id })) {
      if (event.type === "done" || event.type === "error") return event;
      const update = parts.add(event);
      if (update !== null) emit(update);
      if (parts.size() > maxChars) return failed(endless(maxChars));
    }
  } catch (thrown) {
    return failed(asHostError(thrown));
  }
  return failed(new HostError("model.broken", `The answer of ${choice.provider.id} ended without an end`));
}

function endless(maxChars: number): HostError {
  return new HostError("limit.exceeded", `Stopped an answer of more than ${maxChars} characters`, {
    fix: "Ask for less at once; if the model repeats itself, choose another one",
  });
}

function failed(error: HostError): ModelEnd {
  return { type: "error", error };
}
