/**
 * The contract of a model provider.
 *
 * A provider never throws for a model's or a server's failure: whatever goes wrong is the last event of
 * its stream, with a code, so that the loop and the page can tell a missing model from a dead server. It
 * throws only for a broken call of its own interface.
 */
import type { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { Message, StopReason, ToolCallPart, Usage } from "#host/base/message.ts";
import type { ThinkingLevel } from "#host/base/thinking.ts";

/** A tool as models are told of it. `parameters` is JSON Schema of an object. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  /** The provider's own name of the model, without the provider: `llama3.2:3b`. */
  readonly model: string;
  readonly system: string;
  readonly messages: readonly Message[];
  /** Empty for a model that takes none. */
  readonly tools: readonly ModelTool[];
  readonly signal: AbortSignal;
  /** Tokens after which the answer ends with `length`; the provider's own bound if left out. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  /** The provider's own way if left out. A level that the model has not becomes the nearest that it has. */
  readonly thinking?: ThinkingLevel;
  /** JSON Schema that the answer's text is to fit. The demo model does not know it. */
  readonly schema?: JsonObject;
}

export type ModelEvent =
  | { readonly type: "text"; readonly delta: string }
  | { readonly type: "thinking"; readonly delta: string }
  | {
      readonly type: "toolCall";
      readonly call: ToolCallPart;
      /** What the model wrote where a JSON object of arguments belongs. Such a call must not be run. */
      readonly malformed?: string;
    }
  /** Last event of a stream that ended well. */
  | {
      readonly type: "done";
      readonly stopReason: Extract<StopReason, "stop" | "length" | "toolUse">;
      readonly usage: Usage;
    }
  /** Last event of a stream that did not. `aborted` is one of its codes. */
  | { readonly type: "error"; readonly error: HostError };

export interface ModelInfo {
  /** As in `ModelRequest.model`. */
  readonly id: string;
  readonly name: string;
  /** Tokens; null where the server does not say. */
  readonly contextWindow: number | null;
  /**
   * Tokens of prompt and answer together that a call really gets here, where that is less than the model was made for
   * (the machine's memory, the owner's number). As `contextWindow` if left out.
   */
  readonly contextTokens?: number;
  readonly supportsTools: boolean;
  readonly supportsImages: boolean;
  readonly reasoning: boolean;
  /** Levels that can be asked for; none if left out. */
  readonly thinkingLevels?: readonly ThinkingLevel[];
}

export interface ModelProvider {
  /** `ollama`, `lmstudio`, `openai`, `anthropic`, `demo`; the part before `/` in `ollama/llama3.2`. */
  readonly id: string;
  /** The wire format, as stored with each answer: `ollama`, `openai-completions`, `openai-responses`, `anthropic-messages`, `demo`. */
  readonly api: string;
  /** Where it listens, for people; null for what runs in this process. */
  readonly address: string | null;
  /** Models that can be used now. Rejects with a HostError `model.unreachable` if the server can't be asked. */
  listModels(signal: AbortSignal): Promise<ModelInfo[]>;
  /** Models that the server holds in memory now. Only where a server tells; rejects as `listModels` does. */
  listLoaded?(signal: AbortSignal): Promise<LoadedModel[]>;
  stream(request: ModelRequest): AsyncIterable<ModelEvent>;
}

export interface LoadedModel {
  readonly id: string;
  /** Bytes in memory, and those of them on a graphics card. */
  readonly bytes: number;
  readonly gpuBytes: number;
  /** Tokens of context that it was loaded with; null where the server does not say. */
  readonly contextTokens: number | null;
  /** When it is unloaded, milliseconds since 1970; null where the server does not say. */
  readonly until: number | null;
}

/** What is answering, and how it was chosen; shown in `/readyz`, the page and the log. */
export interface ModelChoice {
  readonly provider: ModelProvider;
  readonly model: ModelInfo;
  /** `configured` by the owner, `found` on this machine, or the `demo` model because nothing else is there. */
  readonly how: "configured" | "found" | "demo";
  /** One sentence for the owner: what was looked for and what was found. */
  readonly why: string;
  /** Whether the owner chose it for one conversation: no other answers in its place. */
  readonly isStrict?: boolean;
}
