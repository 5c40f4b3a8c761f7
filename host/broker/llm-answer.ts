/**
 * The answer of a model on its way to a plugin, as the lines of `LlmChatEffect`, with what it cost.
 *
 * The model is asked when the first line is, and read no faster than lines are. Guarantees that no more text than the
 * reservation has room for comes through, whatever the server makes of the bound that it was given, and that
 * `use` tells the most that was spent, wherever the answer ended.
 */
import type { LlmChatEffect, LlmLine } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import { AnswerMeter } from "./answer-meter.ts";
import type { CallableModel, ModelCallEvent, ModelUse } from "./model-calls.ts";
import { isUnspent, modelError } from "./model-error.ts";

export interface LlmAnswerOptions {
  readonly request: LlmChatEffect;
  readonly model: () => Promise<CallableModel>;
  /** What was reserved for the request, and for the answer. */
  readonly inputTokens: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** Hears what became of the model, in the host's words. */
  readonly onError: (error: HostError) => void;
}

type End = Extract<LlmLine, { stopReason: string }>;

export class LlmAnswer {
  readonly #options: LlmAnswerOptions;
  readonly #meter: AnswerMeter;
  #model: CallableModel | null = null;
  #events: AsyncIterator<ModelCallEvent> | null = null;
  #error: HostError | null = null;
  /** How it ended; what is left to tell of it is one line, and then nothing. */
  #end: End | null = null;
  #isTold = false;

  constructor(options: LlmAnswerOptions) {
    this.#options = options;
    this.#meter = new AnswerMeter(options.maxTokens);
  }

  get isComplete(): boolean {
    return this.#end !== null;
  }

  /** The next line, or null after the last one. Rejects with an EffectError that names no server. */
  async next(): Promise<Uint8Array | null> {
    try {
      const text = this.#end === null ? await this.#nextText() : null;
      if (text !== null) return lineOf({ text });
    } catch (thrown) {
      throw modelError(thrown);
    }
    if (this.#end === null || this.#isTold) return null;
    this.#isTold = true;
    return lineOf(this.#end);
  }

  /** What it cost, as far as it came; null if nothing. */
  use(): ModelUse | null {
    const model = this.#model;
    if (model === null || (this.#meter.isEmpty && isUnspent(this.#error))) return null;
    const { provider, model: name } = model;
    const usage = this.#end?.usage ?? this.#most(true);
    return { provider, model: name, ...usage };
  }

  /** For the audit. */
  note(): string {
    const use = this.use();
    const why = this.isComplete ? "" : `; ${this.#error?.code ?? "stopped"}`;
    if (use === null) return `nothing was spent${why}`;
    const counted = use.exact ? "" : ", at most";
    return `${use.provider}/${use.model}: ${use.input} tokens in, ${use.output} out${counted}${why}`;
  }

  /** A piece of the answer; null once it has ended. */
  async #nextText(): Promise<string | null> {
    const events = (this.#events ??= await this.#ask());
    for (;;) {
      const { done, value: event } = await events.next();
      if (done === true) throw this.#failed(new HostError("model.broken", "An answer ended without an end"));
      if (event.type === "error") throw this.#failed(event.error);
      if (event.type === "done") {
        this.#end = { stopReason: event.stopReason, usage: this.#counted(event.usage) };
        return null;
      }
      const piece = this.#meter.add(event.delta);
      if (piece !== event.delta) this.#cut();
      if (event.type === "text" && piece !== "") return piece;
      if (this.#end !== null) return null;
    }
  }

  async #ask(): Promise<AsyncIterator<ModelCallEvent>> {
    const { request, maxTokens, signal } = this.#options;
    const { messages, temperature, schema } = request;
    const model = await this.#options.model();
    signal.throwIfAborted();
    this.#model = model;
    const call = {
      messages,
      maxTokens,
      signal,
      ...(temperature === undefined ? {} : { temperature }),
      ...(schema === undefined ? {} : { schema }),
    };
    return model.stream(call)[Symbol.asyncIterator]();
  }

  /** The server goes on past the bound that it was given. */
  #cut(): void {
    // Not awaited: its answer is of no interest, and it may be silent.
    this.#events?.return?.().catch(() => undefined);
    const { inputTokens: input, maxTokens: output } = this.#options;
    this.#end = { stopReason: "length", usage: { input, output, exact: false } };
  }

  /** What the service counted, and the most that it can be where it did not. */
  #counted({ input, output }: Extract<ModelCallEvent, { type: "done" }>["usage"]): End["usage"] {
    const most = this.#most(false);
    return {
      input: input > 0 ? input : most.input,
      output: output > 0 ? output : most.output,
      exact: input > 0 && output > 0,
    };
  }

  #most(stopped: boolean): End["usage"] {
    return { input: this.#options.inputTokens, output: this.#meter.most(stopped), exact: false };
  }

  #failed(error: HostError): HostError {
    this.#error = error;
    if (error.code !== "aborted") this.#options.onError(error);
    return error;
  }
}

function lineOf(line: LlmLine): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(line)}\n`);
}
