/**
 * `chat.history` → entries: a run's model calls and tool results become one answer.
 */
import type { ChatHistoryAnswer, HistoryMessage } from "../wire.ts";
import {
  type AnswerEntry,
  type Entry,
  type Part,
  type ToolView,
  type Transcript,
  isRunning,
  newAnswer,
} from "./transcript.ts";
import { textOfContent } from "./content.ts";
import { refusalOf } from "./refusal.ts";

type UserMessage = HistoryMessage & { role: "user" };
/** As history and as the event `session.message` carry it. */
type SaidMessage = Omit<UserMessage, "__openclaw"> & { readonly __openclaw: { readonly runId?: string } };
type AssistantMessage = HistoryMessage & { role: "assistant" };
type ToolResultMessage = HistoryMessage & { role: "toolResult" };

/** The gateway stores a message under its run's id with this behind it. */
const USER_KEY_SUFFIX = /:user$/;

/** Messages oldest first → entries oldest first. */
export function entriesOf(messages: readonly HistoryMessage[]): Entry[] {
  const entries: Entry[] = [];
  for (const message of messages) {
    const last = entries.at(-1);
    if (message.role === "user") entries.push(userEntry(message));
    else if (message.role === "toolResult") addResult(entries, message);
    else if (message.role === "compactionSummary") entries.push(summaryEntry(message));
    else if (last?.kind === "answer" && sameRun(last, message)) {
      entries[entries.length - 1] = extend(last, message);
    } else entries.push(extend(apart(answerEntry(message), entries), message));
  }
  return entries.filter((entry) => entry.kind === "user" || entry.parts.length > 0 || entry.phase !== "done");
}

/**
 * The newest page. Runs that are still going keep what the page saw of them, unless it lost the line since; one that is
 * neither going nor stored ended with the gateway, and what was seen of it is shown as cut off.
 */
export function showNewest(transcript: Transcript, page: ChatHistoryAnswer, now: number): Transcript {
  const stored = entriesOf(page.messages);
  const { activeRunIds } = page.sessionInfo;
  const kept = transcript.live.filter(
    (entry) =>
      (isRunning(entry) && !(entry.kind === "answer" && entry.partial)) ||
      (entry.kind === "user" &&
        !stored.some((other) => other.kind === "user" && other.runId === entry.runId)),
  );
  const keptRuns = new Set(kept.flatMap((entry) => (entry.kind === "answer" ? [entry.runId] : [])));
  const joined = activeRunIds
    .filter((runId) => !keptRuns.has(runId))
    .map((runId) => joinedAnswer(stored, runId, now));
  const openRuns = new Set([...keptRuns, ...activeRunIds]);
  return {
    ...transcript,
    settled: stored.filter((entry) => entry.kind === "user" || !openRuns.has(entry.runId)),
    live: [...cutOff(transcript.live, stored, activeRunIds), ...joined, ...kept],
    loading: "no",
    problem: null,
    olderCursor: page.nextCursor ?? null,
  };
}

function cutOff(live: readonly Entry[], stored: readonly Entry[], active: readonly string[]): Entry[] {
  return live.flatMap((entry): Entry[] => {
    if (entry.kind !== "answer" || entry.parts.length === 0) return [];
    const { runId } = entry;
    const isKnown = stored.some((other) => other.kind === "answer" && other.runId === runId);
    const isOver = !isKnown && !active.some((each) => each === runId);
    if (!isOver || !(isRunning(entry) ? entry.partial : entry.problem === CUT_OFF)) return [];
    return [{ ...entry, phase: "failed", partial: false, problem: CUT_OFF }];
  });
}

const CUT_OFF = "The gateway ended before this answer did. Send the message again if you still want one.";

/** An older page goes in front. */
export function showOlder(transcript: Transcript, page: ChatHistoryAnswer): Transcript {
  return {
    ...transcript,
    settled: join(entriesOf(page.messages), transcript.settled),
    loading: "no",
    olderCursor: page.nextCursor ?? null,
  };
}

/** A page may begin in the middle of a run: its two halves become one answer again. */
function join(older: readonly Entry[], newer: readonly Entry[]): Entry[] {
  const last = older.at(-1);
  const first = newer[0];
  const oneRun = last?.kind === "answer" && first?.kind === "answer" && last.runId === first.runId;
  if (!oneRun || last.runId === null) return [...older, ...newer];
  return [...older.slice(0, -1), { ...first, parts: [...last.parts, ...first.parts] }, ...newer.slice(1)];
}

function joinedAnswer(stored: readonly Entry[], runId: string, now: number): AnswerEntry {
  const known = stored.filter((entry) => entry.kind === "answer").filter((entry) => entry.runId === runId);
  const parts = known.flatMap((entry) => entry.parts);
  const answer = { ...(known[0] ?? newAnswer(runId, now, true)), parts };
  return { ...answer, id: `run:${runId}`, phase: "running", partial: true };
}

export function userEntry(message: SaidMessage): Entry {
  // A message that another run took along stands under that run.
  const runId = message.idempotencyKey?.replace(USER_KEY_SUFFIX, "") ?? message.__openclaw.runId ?? null;
  const id = `user:${runId ?? message.timestamp}`;
  return {
    kind: "user",
    id,
    runId,
    text: textOfContent(message.content),
    at: message.timestamp,
    phase: "sent",
  };
}

function answerEntry(message: AssistantMessage): AnswerEntry {
  const runId = message.__openclaw.runId ?? null;
  return { ...newAnswer(runId ?? message.__openclaw.id, message.timestamp, false), runId, phase: "done" };
}

/** What the model has in place of what stands before, folded as its thoughts are. */
function summaryEntry({
  content,
  timestamp,
  __openclaw,
}: HistoryMessage & { role: "compactionSummary" }): AnswerEntry {
  const parts = [{ kind: "thinking", text: `Summary of what was said before:\n\n${content}` }] as const;
  return { ...newAnswer(`summary:${__openclaw.id}`, timestamp, false), parts, phase: "done" };
}

/** A run that took messages along answers in several places. */
function apart(answer: AnswerEntry, entries: readonly Entry[]): AnswerEntry {
  const before = entries.filter((entry) => entry.kind === "answer" && entry.runId === answer.runId).length;
  return before === 0 || answer.runId === null ? answer : { ...answer, id: `${answer.id}:${before}` };
}

/** Within one run, or, where runs are not marked, as long as nobody else spoke. */
function sameRun(answer: AnswerEntry, message: AssistantMessage): boolean {
  const runId = message.__openclaw.runId ?? null;
  return runId === null || answer.runId === null || runId === answer.runId;
}

function extend(answer: AnswerEntry, message: AssistantMessage): AnswerEntry {
  const parts = [...answer.parts, ...message.content.flatMap(partOf)];
  if (message.stopReason === "error") {
    return { ...answer, parts, phase: "failed", problem: message.errorMessage ?? "The model did not answer" };
  }
  return { ...answer, parts, phase: message.stopReason === "aborted" ? "aborted" : answer.phase };
}

function partOf(part: AssistantMessage["content"][number]): Part[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ kind: "text", text: part.text }];
    case "thinking":
      return part.thinking === "" ? [] : [{ kind: "thinking", text: part.thinking }];
    case "toolCall":
      return [{ kind: "tool", tool: storedTool(part.id, part.name, part.arguments) }];
  }
}

/** A call without a result in the history was cut off; `addResult` corrects those that have one. */
function storedTool(id: string, name: string, args: ToolView["args"]): ToolView {
  return { id, name, args, phase: "stopped", progress: "", result: "", fix: null };
}

function addResult(entries: Entry[], message: ToolResultMessage): void {
  const index = entries.findLastIndex((entry) => entry.kind === "answer");
  const answer = entries[index];
  if (answer?.kind !== "answer") return;
  const parts = answer.parts.map((part): Part => {
    if (part.kind !== "tool" || part.tool.id !== message.toolCallId) return part;
    const refusal = refusalOf(message.details);
    const phase = refusal !== null ? "refused" : message.isError ? "failed" : "done";
    const result = textOfContent(message.content);
    return { kind: "tool", tool: { ...part.tool, phase, result, fix: refusal?.fix ?? null } };
  });
  entries[index] = { ...answer, parts };
}
