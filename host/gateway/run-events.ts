/**
 * From what a turn tells (host/base/run.ts) to the events `chat` and `agent` that OpenClaw's clients know
 * (protocol.md, "A turn").
 *
 * Work per event is constant: nothing grows with history, plugins or sessions, and text is gathered before it
 * is sent. Every run that starts ends with one `chat` event of state final, error or aborted.
 */
import type { Clock } from "#host/base/clock.ts";
import { explain } from "#host/base/errors.ts";
import type { Message } from "#host/base/message.ts";
import type { AgentEvent, RunEvent } from "#host/base/run.ts";
import { DeltaPacer, type PacerLimits } from "./delta-pacer.ts";
import type { Hub } from "./hub.ts";
import type { Client } from "./methods/method.ts";
import type { AgentStream, ChatEvent } from "./protocol/chat.ts";
import type { SessionMessage, SessionsChanged } from "./protocol/sessions.ts";
import { chatEnd, lifecycleEnd, type End } from "./run-end.ts";
import { chatText, RunState } from "./run-state.ts";
import { toolEnded, toolStarted, toolUpdated, type ToolEvents } from "./tool-events.ts";

type Event<Type extends AgentEvent["type"]> = Extract<AgentEvent, { type: Type }>;

export interface RunEventsDeps {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly limits: PacerLimits;
  readonly sessionsChanged: (change: SessionsChanged) => void;
}

export class RunEvents {
  readonly #deps: RunEventsDeps;
  readonly #states = new Map<string, RunState>();
  readonly #pacer: DeltaPacer<RunState>;

  constructor(deps: RunEventsDeps) {
    this.#deps = deps;
    this.#pacer = new DeltaPacer(deps.clock, deps.limits, (state) => this.#sendText(state));
  }

  handle({ run, event, ts }: RunEvent): void {
    const state = this.#states.get(run.runId) ?? new RunState(run, ts);
    this.#states.set(run.runId, state);
    switch (event.type) {
      case "agent_start":
        return this.#start(state, event, ts);
      case "model_fallback":
        return this.#fallback(state, event, ts);
      case "joined":
        state.isJoined = true;
        return this.#agent(state, "lifecycle", { phase: "joined", runId: event.runId }, ts);
      case "compaction_start":
        return this.#agent(state, "compaction", { phase: "start" }, ts);
      case "compaction_end":
        return this.#agent(state, "compaction", compactionEnd(event), ts);
      case "message_start":
        return event.message.role === "assistant" ? state.nextAnswer() : undefined;
      case "message_update":
        state.write(event.kind, event.delta, event.text);
        return this.#pacer.more(state);
      case "message_end":
        return this.#message(state, event.message, ts);
      case "tool_execution_start":
        return this.#tool(state, toolStarted(state, event, ts), ts);
      case "tool_execution_update":
        return this.#tool(state, toolUpdated(event.call, event.text), ts);
      case "tool_execution_end":
        return this.#tool(state, toolEnded(state, event, ts), ts);
      case "agent_end":
        return this.#end(state, event, ts);
    }
  }

  stop(): void {
    this.#pacer.stop();
  }

  #start(state: RunState, event: Event<"agent_start">, ts: number): void {
    const { provider, model } = event;
    state.provider = provider;
    state.model = model;
    this.#agent(state, "lifecycle", { phase: "start", startedAt: ts }, ts);
    this.#agent(state, "run_status", { phase: "starting_model" }, ts);
    this.#chat({ ...state.chatBase(), state: "status", phase: "starting_model" });
    this.#agent(state, "lifecycle", { phase: "model", provider, model }, ts);
    this.#changed(state, "start", ts);
  }

  #fallback(state: RunState, event: Event<"model_fallback">, ts: number): void {
    const { failed, reason, provider, model } = event;
    state.provider = provider;
    state.model = model;
    this.#agent(state, "lifecycle", { phase: "fallback", failed, reason, provider, model }, ts);
    this.#agent(state, "lifecycle", { phase: "model", provider, model }, ts);
  }

  /** What was written since the last time. */
  #sendText(state: RunState): void {
    const ts = this.#deps.clock.now();
    const { text, newText, thinking, newThinking, itemId, replaces } = state;
    if (newThinking !== "")
      this.#agent(state, "thinking", { text: thinking, delta: newThinking, itemId }, ts);
    if (newText !== "") {
      this.#agent(state, "assistant", { text, delta: newText, itemId }, ts);
      this.#chat({
        ...state.chatBase(),
        state: "delta",
        deltaText: newText,
        ...(replaces ? { replace: true } : {}),
        message: chatText(text, ts),
      });
    }
    state.sent();
  }

  #message(state: RunState, message: Message, ts: number): void {
    const { sessionKey, agentId, runId } = state.run;
    if (message.role === "assistant") {
      this.#pacer.flush(state);
      state.outputTokens += message.usage.output;
      this.#agent(state, "usage", { outputTokens: state.outputTokens }, ts);
    }
    const payload: SessionMessage = { sessionKey, agentId, message: { ...message, __openclaw: { runId } } };
    this.#deps.hub.broadcast("session.message", payload, "operator.read", ({ watched }) => {
      return watched.sessions || watched.messages.has(sessionKey);
    });
  }

  #tool(state: RunState, events: ToolEvents, ts: number): void {
    for (const { stream, data } of events) this.#agent(state, stream, data, ts, wantsTools);
  }

  #end(state: RunState, end: End, ts: number): void {
    this.#pacer.flush(state);
    this.#states.delete(state.run.runId);
    this.#agent(state, "lifecycle", lifecycleEnd(state, end, ts), ts);
    this.#chat(chatEnd(state, end, ts));
    this.#changed(state, end.stopReason === "error" ? "error" : "end", ts);
  }

  #agent(
    state: RunState,
    stream: AgentStream,
    data: object,
    ts: number,
    wants?: (client: Client) => boolean,
  ): void {
    this.#deps.hub.broadcast("agent", state.agentEvent(stream, data, ts), "operator.read", wants);
  }

  #chat(event: ChatEvent): void {
    this.#deps.hub.broadcast("chat", event, "operator.read");
  }

  #changed(state: RunState, phase: "start" | "end" | "error", ts: number): void {
    const { sessionKey, agentId, runId } = state.run;
    const hasActiveRun = phase === "start";
    const activeRunIds = hasActiveRun ? [runId] : [];
    this.#deps.sessionsChanged({ sessionKey, agentId, ts, phase, runId, hasActiveRun, activeRunIds });
  }
}

function compactionEnd({ covers, error }: Event<"compaction_end">): object {
  return {
    phase: "end",
    completed: error === null,
    covers,
    ...(error === null ? {} : { error: explain(error) }),
  };
}

function wantsTools(client: Client): boolean {
  return client.caps.has("tool-events");
}
