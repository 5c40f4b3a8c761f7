/**
 * `chat` and `agent` events → the answer of their run.
 *
 * Text comes from `chat` deltas, tools and thinking from the `agent` streams. Order on the line is order on
 * the page. Nothing here fails: an event that makes no sense changes nothing.
 */
import type { AgentEventPayload, ChatEvent, ToolEventData } from "../wire.ts";
import { textOfContent, textOfOutput } from "./content.ts";
import { refusalOf } from "./refusal.ts";
import {
  type AnswerEntry,
  type Part,
  type ToolPhase,
  type ToolView,
  type Transcript,
  changeAnswer,
  newAnswer,
} from "./transcript.ts";

export function applyChat(transcript: Transcript, event: ChatEvent, now: number): Transcript {
  const fallback = newAnswer(event.runId, now, event.state === "delta");
  return changeAnswer(transcript, event.runId, fallback, (answer) => {
    switch (event.state) {
      case "status":
        return answer;
      case "delta":
        return { ...answer, phase: "running", parts: withDelta(answer, event) };
      case "final":
        return { ...closed(answer), phase: "done", parts: closeTools(withFinal(answer, event)) };
      case "aborted":
        return { ...closed(answer), phase: "aborted" };
      case "error":
        return { ...closed(answer), phase: "failed", problem: event.errorMessage };
    }
  });
}

export function applyAgent(transcript: Transcript, event: AgentEventPayload, now: number): Transcript {
  if (event.stream === "tool") return applyTool(transcript, event, event.data as ToolEventData, now);
  if (event.stream === "thinking") {
    const { delta } = event.data as { delta?: string };
    if (delta === undefined) return transcript;
    return changeRunning(transcript, event, now, (parts) => appended(parts, "thinking", delta));
  }
  return transcript;
}

function applyTool(
  transcript: Transcript,
  event: AgentEventPayload,
  data: ToolEventData,
  now: number,
): Transcript {
  return changeRunning(transcript, event, now, (parts) => {
    const known = parts.some((part) => part.kind === "tool" && part.tool.id === data.toolCallId);
    const all: readonly Part[] = known ? parts : [...parts, { kind: "tool", tool: startedTool(data) }];
    return all.map((part) =>
      part.kind === "tool" && part.tool.id === data.toolCallId
        ? { kind: "tool", tool: changeTool(part.tool, data) }
        : part,
    );
  });
}

function changeRunning(
  transcript: Transcript,
  event: AgentEventPayload,
  now: number,
  change: (parts: readonly Part[]) => readonly Part[],
): Transcript {
  const fallback = newAnswer(event.runId, now, true);
  return changeAnswer(transcript, event.runId, fallback, (answer) => ({
    ...answer,
    phase: "running",
    parts: change(answer.parts),
  }));
}

function startedTool(data: ToolEventData): ToolView {
  const args = data.phase === "start" ? data.args : {};
  return {
    id: data.toolCallId,
    name: data.name,
    args,
    phase: "running",
    progress: "",
    result: "",
    fix: null,
  };
}

function changeTool(tool: ToolView, data: ToolEventData): ToolView {
  switch (data.phase) {
    case "start":
      return tool;
    case "update":
      return { ...tool, progress: textOfOutput(data.partialResult) };
    case "result": {
      const result = textOfOutput(data.result);
      const refusal = refusalOf(data.result.details);
      const phase: ToolPhase = refusal !== null ? "refused" : data.isError ? "failed" : "done";
      return { ...tool, phase, result, fix: refusal?.fix ?? null };
    }
  }
}

function withDelta(answer: AnswerEntry, event: ChatEvent & { state: "delta" }): readonly Part[] {
  if (event.replace === true || answer.partial) {
    return replacedText(answer.parts, textOfContent(event.message.content));
  }
  return appended(answer.parts, "text", event.deltaText);
}

/** The final message repeats the last text. It counts where deltas were missed or never sent. */
function withFinal(answer: AnswerEntry, event: ChatEvent & { state: "final" }): readonly Part[] {
  const text = textOfContent(event.message?.content ?? "");
  const seen = answer.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
  if (text === "" || seen.endsWith(text)) return answer.parts;
  return replacedText(answer.parts, text);
}

function appended(parts: readonly Part[], kind: "text" | "thinking", delta: string): readonly Part[] {
  const last = parts.at(-1);
  if (last?.kind === kind) return [...parts.slice(0, -1), { kind, text: last.text + delta }];
  return delta === "" ? parts : [...parts, { kind, text: delta }];
}

function replacedText(parts: readonly Part[], text: string): readonly Part[] {
  const kept = parts.at(-1)?.kind === "text" ? parts.slice(0, -1) : parts;
  return text === "" ? kept : [...kept, { kind: "text", text }];
}

function closed(answer: AnswerEntry): AnswerEntry {
  return { ...answer, parts: closeTools(answer.parts) };
}

/** No tool runs on after its run. */
function closeTools(parts: readonly Part[]): readonly Part[] {
  return parts.map((part) =>
    part.kind === "tool" && part.tool.phase === "running"
      ? { kind: "tool", tool: { ...part.tool, phase: "stopped" } }
      : part,
  );
}
