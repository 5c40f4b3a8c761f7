/**
 * A conversation on the wire: `chat.send`, `chat.history`, `chat.abort`, and the events `chat` and `agent`
 * (protocol.md, "A turn").
 */
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import type { ImagePart, StopReason, StoredMessage, TextPart } from "#host/base/message.ts";

export interface ChatSendAnswer {
  readonly runId: string;
  readonly status: "started" | "in_flight" | "ok";
}

export interface ChatAbortAnswer {
  readonly ok: true;
  readonly aborted: boolean;
  readonly runIds: readonly string[];
}

/** A stored message, with what the gateway knows about it. `seq` is its place in the session, from 1. */
export type HistoryMessage = StoredMessage & {
  readonly __openclaw: { readonly id: string; readonly seq: number; readonly runId?: string };
};

export interface ChatHistoryAnswer {
  readonly sessionKey: string;
  readonly sessionId?: string;
  /** Oldest first. */
  readonly messages: readonly HistoryMessage[];
  readonly hasMore: boolean;
  /** Give it as `cursor` to get the messages before these. */
  readonly nextCursor?: string;
  readonly defaults: { readonly modelProvider: string; readonly model: string };
  readonly sessionInfo: {
    readonly key: string;
    readonly hasActiveRun: boolean;
    readonly activeRunIds: readonly string[];
  };
}

/** The answer as text, in events. */
export interface ChatText {
  readonly role: "assistant";
  readonly content: readonly TextPart[];
  readonly timestamp: number;
}

interface OfRun {
  readonly runId: string;
  readonly sessionKey: string;
  readonly agentId: string;
  /** Of the newest `agent` event of this run. */
  readonly seq: number;
}

export type ChatEvent =
  | (OfRun & { readonly state: "status"; readonly phase: "preparing_context" | "starting_model" })
  | (OfRun & {
      readonly state: "delta";
      readonly deltaText: string;
      /** The text begins anew: `deltaText` replaces what was shown for this run. */
      readonly replace?: true;
      /** All of the text so far. */
      readonly message: ChatText;
    })
  /** Without a message: another run took this one's along and answers it (stream `lifecycle`, phase `joined`). */
  | (OfRun & { readonly state: "final"; readonly stopReason: StopReason; readonly message?: ChatText })
  | (OfRun & { readonly state: "aborted"; readonly stopReason: "rpc"; readonly message?: ChatText })
  | (OfRun & {
      readonly state: "error";
      readonly errorMessage: string;
      readonly errorDetail: {
        readonly provider: string;
        readonly model: string;
        readonly failoverReason: string;
      };
    });

/** Streams of `agent`; `tool` and `item` go to clients with the cap `tool-events` only. */
export type AgentStream =
  "lifecycle" | "run_status" | "assistant" | "thinking" | "tool" | "item" | "usage" | "compaction";

export interface AgentEventPayload {
  readonly runId: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly stream: AgentStream;
  readonly data: object;
  /** Counts the run's `agent` events from 1. */
  readonly seq: number;
  readonly ts: number;
  readonly isHeartbeat: false;
}

export interface ToolOutput {
  readonly content: readonly (TextPart | ImagePart)[];
  readonly details: JsonObject;
}

/** `data` of stream `tool`. */
export type ToolEventData =
  | {
      readonly phase: "start";
      readonly name: string;
      readonly toolCallId: string;
      readonly args: JsonObject;
      /** What the host changed of what the model wrote, so that the call can be run. */
      readonly repairs?: readonly string[];
    }
  | {
      readonly phase: "update";
      readonly name: string;
      readonly toolCallId: string;
      readonly partialResult: ToolOutput;
    }
  | {
      readonly phase: "result";
      readonly name: string;
      readonly toolCallId: string;
      readonly isError: boolean;
      readonly result: ToolOutput;
      readonly durationMs: number;
    };

/** What the method `agent` answers second, under the same id. */
export interface AgentRunAnswer {
  readonly runId: string;
  readonly status: "ok" | "error" | "aborted";
  readonly summary: string;
  readonly result: {
    readonly payloads: readonly { readonly text: string; readonly mediaUrl: null }[];
    readonly meta: {
      readonly durationMs: number;
      readonly aborted: boolean;
      readonly agentMeta: { readonly [key: string]: JsonValue };
    };
  };
}
