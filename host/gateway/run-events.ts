/**
 * From what a turn tells (host/base/run.ts) to the events `chat` and `agent` that OpenClaw's clients know
 * (protocol.md, "A turn").
 *
 * Work per event is constant: nothing grows with history, plugins or sessions, and text is gathered before it
 * is sent. Every run that starts ends with one `chat` event of state final, error or aborted.
 */
import type { Clock } from "#host/base/clock.ts";
import { explain } from "#host/base/errors.ts";
import { textOf, type Message } from "#host/base/message.ts";
import type { AgentEvent, RunEvent } from "#host/base/run.ts";
import { DeltaPacer, type PacerLimits } from "./delta-pacer.ts";
import type { Hub } from "./hub.ts";
import type { Client } from "./methods/method.ts";
import type { AgentStream, ChatEvent } from "./protocol/chat.ts";
import type { SessionMessage, SessionsChanged } from "./protocol/sessions.ts";
import { chatText, RunState } from "./run-state.ts";
import { toolEnded, toolStarted, toolUpdated, type ToolEvents } from "./tool-events.ts";

type End = Extract<AgentEvent, { type: "agent_end" }>;

const wantsTools = (client: Client) => client.caps.has("tool-events");

export interface RunEvents {
  handle(event: RunEvent): void;
  stop(): void;
}

export function createRunEvents(deps: {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly limits: PacerLimits;
  readonly sessionsChanged: (change: SessionsChanged) => void;
}): RunEvents {
  const { hub, clock, sessionsChanged } = deps;
  const states = new Map<string, RunState>();
  const pacer = new DeltaPacer<RunState>(clock, deps.limits, sendDeltas);

  function agent(
    state: RunState,
    stream: AgentStream,
    data: object,
    ts: number,
    wants?: (client: Client) => boolean,
  ) {
    hub.broadcast("agent", state.agentEvent(stream, data, ts), "operator.read", wants);
  }

  function chat(event: ChatEvent) {
    hub.broadcast("chat", event, "operator.read");
  }

  function sendDeltas(state: RunState) {
    const ts = clock.now();
    if (state.newThinking !== "") {
      agent(state, "thinking", { text: state.thinking, delta: state.newThinking, itemId: state.itemId }, ts);
      state.newThinking = "";
    }
    if (state.newText === "") return;
    const { text, newText, replaces } = state;
    agent(state, "assistant", { text, delta: newText, itemId: state.itemId }, ts);
    chat({
      ...state.chatBase(),
      state: "delta",
      deltaText: newText,
      ...(replaces ? { replace: true } : {}),
      message: chatText(text, ts),
    });
    state.newText = "";
    state.replaces = false;
  }

  function started(state: RunState, event: Extract<AgentEvent, { type: "agent_start" }>, ts: number) {
    const { provider, model } = event;
    state.provider = provider;
    state.model = model;
    agent(state, "lifecycle", { phase: "start", startedAt: ts }, ts);
    agent(state, "run_status", { phase: "starting_model" }, ts);
    chat({ ...state.chatBase(), state: "status", phase: "starting_model" });
    agent(state, "lifecycle", { phase: "model", provider, model }, ts);
    changed(state, "start", ts);
  }

  function written(state: RunState, event: Extract<AgentEvent, { type: "message_update" }>) {
    if (event.kind === "text") {
      state.text = event.text;
      state.newText += event.delta;
    } else {
      state.thinking = event.text;
      state.newThinking += event.delta;
    }
    pacer.more(state);
  }

  function stored(state: RunState, message: Message, ts: number) {
    const { sessionKey, agentId, runId } = state.run;
    if (message.role === "assistant") {
      pacer.flush(state);
      state.outputTokens += message.usage.output;
      agent(state, "usage", { outputTokens: state.outputTokens }, ts);
    }
    const payload: SessionMessage = { sessionKey, agentId, message: { ...message, __openclaw: { runId } } };
    hub.broadcast("session.message", payload, "operator.read", ({ watched }) => {
      return watched.sessions || watched.messages.has(sessionKey);
    });
  }

  function tools(state: RunState, events: ToolEvents, ts: number) {
    for (const { stream, data } of events) agent(state, stream, data, ts, wantsTools);
  }

  function ended(state: RunState, end: End, ts: number) {
    pacer.flush(state);
    states.delete(state.run.runId);
    agent(state, "lifecycle", lifecycleEnd(state, end, ts), ts);
    chat(chatEnd(state, end, ts));
    changed(state, end.stopReason === "error" ? "error" : "end", ts);
  }

  function changed(state: RunState, phase: "start" | "end" | "error", ts: number) {
    const { sessionKey, agentId, runId } = state.run;
    const hasActiveRun = phase === "start";
    const activeRunIds = hasActiveRun ? [runId] : [];
    sessionsChanged({ sessionKey, agentId, ts, phase, runId, hasActiveRun, activeRunIds });
  }

  function handle({ run, event, ts }: RunEvent) {
    let state = states.get(run.runId);
    if (state === undefined) {
      state = new RunState(run, ts);
      states.set(run.runId, state);
    }
    switch (event.type) {
      case "agent_start":
        return started(state, event, ts);
      case "message_start":
        return event.message.role === "assistant" ? state.nextAnswer() : undefined;
      case "message_update":
        return written(state, event);
      case "message_end":
        return stored(state, event.message, ts);
      case "tool_execution_start":
        return tools(state, toolStarted(state, event.call, ts), ts);
      case "tool_execution_update":
        return tools(state, toolUpdated(event.call, event.text), ts);
      case "tool_execution_end":
        return tools(state, toolEnded(state, event, ts), ts);
      case "agent_end":
        return ended(state, event, ts);
    }
  }

  return { handle, stop: () => pacer.stop() };
}

function lifecycleEnd(state: RunState, end: End, ts: number): object {
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

function chatEnd(state: RunState, end: End, ts: number): ChatEvent {
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
  const text = end.message === null ? "" : textOf(end.message);
  return { ...base, state: "final", stopReason: end.stopReason, message: chatText(text, ts) };
}

function failure(end: End): string {
  return end.error === null ? "The run failed" : explain(end.error);
}
