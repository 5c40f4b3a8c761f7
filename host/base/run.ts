/**
 * What a turn tells while it runs. Names and order follow Pi's agent core: agent → turn → message → tool
 * execution, each with a start and an end; every start has its end, also when the turn fails or is aborted.
 */
import type { HostError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { AssistantMessage, Message, StopReason, ToolCallPart, ToolResultMessage } from "./message.ts";

/** One run: the answer to one message (`chat.send`), until nothing is left to do. */
export interface RunIdentity {
  /** The client's idempotency key. */
  readonly runId: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  readonly agentId: string;
}

export type AgentEvent =
  | { readonly type: "agent_start"; readonly provider: string; readonly model: string }
  /** A model failed before it said anything, and the next of the owner's list is asked in its place. */
  | {
      readonly type: "model_fallback";
      readonly failed: { readonly provider: string; readonly model: string };
      /** Why, for the owner. */
      readonly reason: string;
      readonly provider: string;
      readonly model: string;
    }
  /** A message that waited was taken along by another run, which answers it; this run ends with that. */
  | { readonly type: "joined"; readonly runId: string }
  /** What was said before is being summarised, since it would soon be too long for the model. */
  | { readonly type: "compaction_start" }
  | {
      readonly type: "compaction_end";
      /** Messages that the summary covers; 0 if there is none. */
      readonly covers: number;
      /** The turn goes on without: the oldest messages are left out of what the model sees. */
      readonly error: HostError | null;
    }
  /** A turn is one model call and the tools that it asked for. */
  | { readonly type: "turn_start" }
  | { readonly type: "message_start"; readonly message: Message }
  | {
      readonly type: "message_update";
      readonly kind: "text" | "thinking";
      readonly delta: string;
      readonly text: string;
    }
  /** A part of the answer that a channel may send as a message of its own; only in runs that want them. */
  | { readonly type: "message_block"; readonly text: string }
  | { readonly type: "message_end"; readonly message: Message }
  | {
      readonly type: "tool_execution_start";
      readonly call: ToolCallPart;
      /** What was changed of what the model wrote, so that it can be run. */
      readonly repairs?: readonly string[];
    }
  | { readonly type: "tool_execution_update"; readonly call: ToolCallPart; readonly text: string }
  | {
      readonly type: "tool_execution_end";
      readonly call: ToolCallPart;
      readonly result: ToolResultMessage;
      readonly details: JsonObject | null;
      readonly durationMs: number;
    }
  | { readonly type: "turn_end"; readonly message: AssistantMessage }
  | {
      readonly type: "agent_end";
      readonly stopReason: StopReason;
      /** The last answer; null if the run failed before there was one. */
      readonly message: AssistantMessage | null;
      readonly error: HostError | null;
    };

/** An event with its run. `seq` counts from 1 within the run. */
export interface RunEvent {
  readonly run: RunIdentity;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly event: AgentEvent;
}
