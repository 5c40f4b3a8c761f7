/**
 * What models cost, over the configuration: prices, the owner's budgets, and a meter for the agent's calls.
 *
 * A call of the agent is a reservation of the ledger before anything is asked, and settled once whatever ends it. What
 * the service counted counts; where it did not, what was sent and said, reckoned from above.
 */
import type { Price } from "#host/base/budget.ts";
import { HostError } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { SessionChoices } from "#host/base/session.ts";
import { modelConfigOf, type Config } from "#host/config/config.ts";
import type { Meter } from "#host/agent/metering.ts";
import { promptSize } from "#host/llm/prompt-size.ts";
import type { ModelEvent, ModelProvider, ModelRequest } from "#host/llm/provider.ts";
import type { ModelSelector } from "#host/llm/selector.ts";
import type { ModelUsage, Reserved, TurnSpender, UsageRules } from "#host/store/model-usage.ts";

const FREE: Price = { input: 0, output: 0 };

/** What runs on the owner's machines costs nothing; Ollama's `:cloud` models do not run there. */
export function priceOf(providers: Config["providers"], provider: string, model: string): Price | null {
  const configured = providers[provider];
  const cost = configured === undefined ? null : (modelConfigOf(configured, model)?.cost ?? null);
  if (cost !== null) return cost;
  const isLocal = ["ollama", "lmstudio", "demo"].includes(provider) || configured?.api === "ollama";
  return isLocal && !/[:-]cloud$/.test(model) ? FREE : null;
}

export function usageRules(
  config: () => Config,
  models: Pick<ModelSelector, "current">,
  choices: Pick<SessionChoices, "settingsOf">,
): UsageRules {
  return {
    budgets: () => config().budgets,
    priceOf: (provider, model) => priceOf(config().providers, provider, model),
    modelOf(session) {
      const chosen = session === null ? null : choices.settingsOf(session).model;
      const slash = chosen?.indexOf("/") ?? -1;
      if (chosen !== null) return { provider: chosen.slice(0, slash), model: chosen.slice(slash + 1) };
      const { provider, model } = models.current();
      return { provider: provider.id, model: model.id };
    },
  };
}

export function createMeter(usage: ModelUsage, log: Log): Meter {
  return (choice, run) => {
    const { provider, model } = choice;
    const spender = { session: run.sessionKey, run: run.runId, provider: provider.id, model: model.id };
    const stream = (request: ModelRequest) => meteredStream(usage, log, spender, provider, request);
    return { ...choice, provider: { ...provider, stream } };
  };
}

async function* meteredStream(
  usage: ModelUsage,
  log: Log,
  spender: TurnSpender,
  provider: ModelProvider,
  request: ModelRequest,
): AsyncGenerator<ModelEvent> {
  const input = promptSize(request).likely;
  const pass = usage.reserveTurn(spender, input, request.maxTokens ?? null);
  if (!pass.allowed) {
    yield { type: "error", error: new HostError("limit.exceeded", pass.reason, { fix: pass.fix }) };
    return;
  }
  const call = new MeteredCall(usage, log, spender, pass, input);
  try {
    const bound = pass.maxTokens === null ? {} : { maxTokens: pass.maxTokens };
    for await (const event of provider.stream({ ...request, ...bound })) {
      call.see(event);
      yield endOf(event, pass, request);
    }
  } finally {
    call.end();
  }
}

/** An answer that ends where the budget does says so; it is no answer that the model made so short. */
function endOf(event: ModelEvent, { maxTokens }: Reserved, request: ModelRequest): ModelEvent {
  const isCut = event.type === "done" && event.stopReason === "length" && request.maxTokens === undefined;
  if (!isCut || maxTokens === null || maxTokens >= MODEL.maxAnswerTokens) return event;
  const words = `Stopped the answer after ${maxTokens} tokens: the owner's budget has no room for more`;
  return {
    type: "error",
    error: new HostError("limit.exceeded", words, { fix: "Raise budgets in openclaw.json" }),
  };
}

class MeteredCall {
  readonly #usage: ModelUsage;
  readonly #log: Log;
  readonly #spender: TurnSpender;
  readonly #pass: Reserved;
  readonly #input: number;
  #bytes = 0;
  #counted = { input: 0, output: 0 };
  #unspent = false;

  constructor(usage: ModelUsage, log: Log, spender: TurnSpender, pass: Reserved, input: number) {
    this.#usage = usage;
    this.#log = log;
    this.#spender = spender;
    this.#pass = pass;
    this.#input = input;
  }

  see(event: ModelEvent): void {
    if (event.type === "text" || event.type === "thinking") this.#bytes += Buffer.byteLength(event.delta);
    if (event.type === "toolCall") this.#bytes += Buffer.byteLength(JSON.stringify(event.call.arguments));
    if (event.type === "done") this.#counted = event.usage;
    // Refused before it worked: nobody charges for that.
    if (event.type === "error") this.#unspent = this.#bytes === 0 && UNSPENT.has(event.error.code);
  }

  /** A call that cannot be settled stays reserved, and counts in full; the answer is not lost for it. */
  end(): void {
    const { reservation } = this.#pass;
    const { provider, model } = this.#spender;
    const { input, output } = this.#counted;
    const exact = input > 0 && output > 0;
    const said = Math.ceil(this.#bytes / MODEL.bytesPerToken);
    const use = {
      provider,
      model,
      input: input > 0 ? input : this.#input,
      output: output > 0 ? output : said,
      exact,
    };
    try {
      if (this.#unspent) this.#usage.release(reservation);
      else this.#usage.settle(reservation, use);
    } catch (error) {
      this.#log.error("A model call could not be settled; what was reserved for it counts as spent", {
        error,
      });
    }
  }
}

const UNSPENT: ReadonlySet<HostError["code"]> = new Set([
  "config.invalid",
  "model.unreachable",
  "model.missing",
  "model.refused",
]);
