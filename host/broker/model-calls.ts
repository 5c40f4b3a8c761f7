/**
 * What the broker needs to let plugins call the owner's model: the model, and a ledger of what it cost. Compose
 * connects them; no key and no address of a provider passes here.
 */
import type { EffectIdentity, LlmMessage } from "#host/base/effect.ts";
import type { Denied } from "#host/base/decision.ts";
import type { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";

export interface ModelCalls {
  /** The model that the owner chose for this session. */
  modelFor(session: string | null): Promise<CallableModel>;
}

export interface CallableModel {
  readonly provider: string;
  readonly model: string;
  /** Never throws for what the model or its server does: that is the last event. Ends soon after `signal` fires. */
  stream(call: ModelCall): AsyncIterable<ModelCallEvent>;
}

export interface ModelCall {
  readonly messages: readonly LlmMessage[];
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly schema?: JsonObject;
  readonly signal: AbortSignal;
}

export type ModelCallEvent =
  /** `thinking` costs as the answer does, and the plugin does not see it. */
  | { readonly type: "text" | "thinking"; readonly delta: string }
  | {
      readonly type: "done";
      readonly stopReason: "stop" | "length";
      /** Zero where the service does not say. */
      readonly usage: { readonly input: number; readonly output: number };
    }
  /** For the host's log: it names servers, and may repeat their words. */
  | { readonly type: "error"; readonly error: HostError };

/** What a call cost. */
export interface ModelUse {
  readonly provider: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** Whether the model's service counted. */
  readonly exact: boolean;
}

/** Every call is on the disk when it returns; a reservation that nobody settles counts in full. */
export interface TokenLedger {
  /** Tokens of this plugin that count against its budget of today. */
  spentToday(plugin: string): number;
  /** Why the owner's own budgets have no room for it; null if they have. */
  ownersRefusal(spender: EffectIdentity, input: number, output: number): Denied | null;
  /** The reservation's number; null, and nothing is reserved, where it would pass `limit`. */
  reserve(spender: EffectIdentity, tokens: number, limit: number): number | null;
  settle(reservation: number, use: ModelUse): void;
  /** Nothing was spent. */
  release(reservation: number): void;
}
