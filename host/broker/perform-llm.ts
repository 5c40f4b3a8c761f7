/**
 * A call of the owner's model, done: reserved, put on record, asked, read, settled.
 *
 * Nothing is asked before the most that it may cost is reserved in the ledger, which takes no more reservations than
 * the day's budget has room for. Whatever ends the call settles it, once.
 */
import type { EffectContext, EffectIdentity, EffectReply, LlmChatEffect } from "#host/base/effect.ts";
import type { Log } from "#host/base/log.ts";
import { decideLlm, overBudget } from "./decide-llm.ts";
import type { Gate } from "./gate.ts";
import { LlmAnswer } from "./llm-answer.ts";
import type { ModelCalls, ModelUse, TokenLedger } from "./model-calls.ts";
import type { OpenPlaces } from "./open-places.ts";
import { ownedStream } from "./owned-stream.ts";
import type { DecisionWith, Facts, LlmPass } from "./policy.ts";

export interface LlmDeps {
  readonly places: OpenPlaces;
  readonly models: ModelCalls;
  readonly ledger: TokenLedger;
}

export interface LlmArrival {
  readonly identity: EffectIdentity;
  readonly request: LlmChatEffect;
  readonly context: EffectContext;
  readonly facts: Facts;
}

/** Rejects with an EffectError, or with what the ledger throws. */
export async function performLlm(
  deps: LlmDeps & { readonly gate: Gate; readonly log: Log },
  { identity, request, context, facts }: LlmArrival,
): Promise<EffectReply> {
  const place = deps.places.enter(identity.plugin, context.signal);
  const hold = new Hold(deps.ledger);
  try {
    const decision = hold.reserve(identity, facts, decideLlm(facts, request));
    const passage = await deps.gate.enter({ identity, request, context }, decision);
    const answer = new LlmAnswer({
      ...passage.pass,
      request,
      model: () => deps.models.modelFor(identity.session),
      signal: place.signal,
      onError: (error) => deps.log.warn("a plugin's model call failed", { plugin: identity.plugin, error }),
    });
    const end = () => {
      place.leave();
      hold.settle(answer.use());
      passage.conclude(answer.isComplete ? "done" : "failed", answer.note());
    };
    return {
      ok: true,
      head: {},
      body: ownedStream(() => answer.next(), logged(end, deps.log), place.signal),
    };
  } catch (thrown) {
    place.leave();
    hold.settle(null);
    throw thrown;
  }
}

/** One reservation, if there is one. */
class Hold {
  readonly #ledger: TokenLedger;
  #reservation: number | null = null;

  constructor(ledger: TokenLedger) {
    this.#ledger = ledger;
  }

  /** The decision as it stands once the ledger was asked. */
  reserve(identity: EffectIdentity, facts: Facts, decision: DecisionWith<LlmPass>): DecisionWith<LlmPass> {
    if (decision.allowed !== true) return decision;
    const { inputTokens, maxTokens, tokensPerDay } = decision;
    const refusal = this.#ledger.ownersRefusal(identity, inputTokens, maxTokens);
    if (refusal !== null) return refusal;
    this.#reservation = this.#ledger.reserve(identity, inputTokens + maxTokens, tokensPerDay);
    return this.#reservation === null ? overBudget(facts, decision) : decision;
  }

  /** `use`: null if nothing was spent. */
  settle(use: ModelUse | null): void {
    const reservation = this.#reservation;
    this.#reservation = null;
    if (reservation === null) return;
    if (use === null) this.#ledger.release(reservation);
    else this.#ledger.settle(reservation, use);
  }
}

/** What cannot be settled stays reserved, and counts in full; the answer is not lost for it. */
function logged(end: () => void, log: Log): () => void {
  return () => {
    try {
      end();
    } catch (error) {
      log.error("A model call could not be settled; what was reserved for it counts as spent", { error });
    }
  };
}
