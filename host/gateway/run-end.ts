/** How the end of a run is told: as lifecycle of `agent`, and as the last event of `chat`. Pure. */
import { explain } from "#host/base/errors.ts";
import { textOf } from "#host/base/message.ts";
import type { AgentEvent } from "#host/base/run.ts";
import type { ChatEvent } from "./protocol/chat.ts";
import { chatText, type RunState } from "./run-state.ts";

export type End = Extract<AgentEvent, { type: "agent_end" }>;

export function lifecycleEnd(state: RunState, end: End, ts: number): object {
  const common = {
    startedAt: state.startedAt,
    endedAt: ts,
    stopReason: end.stopReason,
    executionSettled: true,
  };
  if (end.stopReason === "error") return { ...common, phase: "error", aborted: false, error: failure(end) };
  if (end.stopReason === "aborted") return { ...common, phase: "end", status: "cancelled", aborted: true };
  const text = end.message === null ? "" : textOf(end.message);
  return {
    ...common,
    phase: "end",
    aborted: false,
    terminalReply: { disposition: text === "" ? "silent" : "visible", text },
    terminalReceipt: {
      runId: state.run.runId,
      sessionId: state.run.sessionId,
      effective: { provider: state.provider, model: state.model },
      successfulToolNames: [...state.usedTools],
    },
  };
}

export function chatEnd(state: RunState, end: End, ts: number): ChatEvent {
  const base = state.chatBase();
  if (end.stopReason === "error") {
    const errorDetail = {
      provider: state.provider,
      model: state.model,
      failoverReason: end.error?.code ?? "internal",
    };
    return { ...base, state: "error", errorMessage: failure(end), errorDetail };
  }
  if (end.stopReason === "aborted") {
    const message = state.text === "" ? {} : { message: chatText(state.text, ts) };
    return { ...base, state: "aborted", stopReason: "rpc", ...message };
  }
  if (state.isJoined) return { ...base, state: "final", stopReason: end.stopReason };
  const text = end.message === null ? "" : textOf(end.message);
  return { ...base, state: "final", stopReason: end.stopReason, message: chatText(text, ts) };
}

function failure(end: End): string {
  return end.error === null ? "The run failed" : explain(end.error);
}
