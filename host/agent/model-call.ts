/**
 * One call of a model: its stream becomes one assistant message, and events while it grows.
 *
 * Never throws for a model's failure: that is an outcome with an `error` and with what was said until then.
 * The caller stores the message and then tells its end.
 */
import { asHostError, HostError } from "#host/base/errors.ts";
import { NO_USAGE, type AssistantMessage, type ToolCallPart } from "#host/base/message.ts";
import type { AgentEvent } from "#host/base/run.ts";
import type { ModelChoice, ModelEvent, ModelRequest } from "#host/llm/provider.ts";
import { createAnswerParts, type AnswerParts } from "./answer-parts.ts";
import { formatAnswer, formatFailure, formatStart } from "./format.ts";

export interface ModelOutcome {
  readonly message: AssistantMessage;
  /** Calls to run; none if the answer failed. */
  readonly calls: readonly ToolCallPart[];
  readonly malformed: ReadonlyMap<string, string>;
  /** Null if the answer is complete. */
  readonly error: HostError | null;
}

export interface ModelCallDeps {
  readonly choice: ModelChoice;
  readonly now: () => number;
  readonly emit: (event: AgentEvent) => void;
  /** Characters after which an answer is stopped. */
  readonly maxChars: number;
}

/** Made inside the call, so that what goes wrong in making it is the answer's failure. */
export type PrepareRequest = () => Promise<Omit<ModelRequest, "model">>;

type ModelEnd = Extract<ModelEvent, { type: "done" | "error" }>;

export async function callModel(deps: ModelCallDeps, prepare: PrepareRequest): Promise<ModelOutcome> {
  const { choice, emit, now } = deps;
  emit({ type: "message_start", message: formatStart({ choice, usage: NO_USAGE, now: now() }) });
  const parts = createAnswerParts();
  const end = await readStream(deps, prepare, parts);
  const { malformed } = parts;
  if (end.type === "error") {
    const facts = { choice, usage: NO_USAGE, now: now() };
    return {
      message: formatFailure(parts.content(), end.error, facts),
      calls: [],
      malformed,
      error: end.error,
    };
  }
  const message = formatAnswer(parts.content(), end.stopReason, { choice, usage: end.usage, now: now() });
  return { message, calls: parts.calls(), malformed, error: null };
}

async function readStream(
  { choice, emit, maxChars }: ModelCallDeps,
  prepare: PrepareRequest,
  parts: AnswerParts,
): Promise<ModelEnd> {
  try {
    const request = await prepare();
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
