/**
 * One conversation as the page shows it: what people said, and for each run one answer made of parts.
 *
 * `settled` holds what will not change again, `live` the tail that a run may still change. A token copies
 * `live` only, so that its price does not grow with the conversation.
 */
import type { ToolEventData } from "../wire.ts";

export interface UserEntry {
  readonly kind: "user";
  readonly id: string;
  readonly runId: string | null;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly phase: "sending" | "sent" | "failed";
}

/** `refused`: policy said no. `failed`: the tool or its plugin did. */
export type ToolPhase = "running" | "done" | "failed" | "refused" | "stopped";

export interface ToolView {
  readonly id: string;
  readonly name: string;
  readonly args: (ToolEventData & { phase: "start" })["args"];
  readonly phase: ToolPhase;
  /** What the tool said while it ran. */
  readonly progress: string;
  readonly result: string;
  /** What the owner can do about a refusal. */
  readonly fix: string | null;
}

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "thinking"; readonly text: string }
  | { readonly kind: "tool"; readonly tool: ToolView };

export interface AnswerEntry {
  readonly kind: "answer";
  readonly id: string;
  readonly runId: string | null;
  readonly parts: readonly Part[];
  readonly phase: "waiting" | "running" | "done" | "aborted" | "failed";
  readonly problem: string | null;
  readonly at: number;
  /** The page joined in the middle of this run: the beginning must be fetched when it ends. */
  readonly partial: boolean;
}

export type Entry = UserEntry | AnswerEntry;

export interface Transcript {
  readonly settled: readonly Entry[];
  readonly live: readonly Entry[];
  readonly loading: "no" | "newest" | "older";
  /** History could not be fetched, and why. */
  readonly problem: string | null;
  /** What to give back to get the messages before the oldest shown one; null if there are none. */
  readonly olderCursor: string | null;
}

export const EMPTY_TRANSCRIPT: Transcript = {
  settled: [],
  live: [],
  loading: "no",
  problem: null,
  olderCursor: null,
};

export function isRunning(entry: Entry): boolean {
  return entry.kind === "answer" && (entry.phase === "waiting" || entry.phase === "running");
}

/** Answers that wait behind another, by their ids: the running turn may still take their messages along. */
export function queuedRuns(entries: readonly Entry[]): ReadonlySet<string> {
  const running = entries.filter(isRunning);
  return new Set(
    running
      .slice(1)
      .flatMap((entry) => (entry.kind === "answer" && entry.phase === "waiting" ? [entry.id] : [])),
  );
}

/** Nothing will change this entry any more. */
function isSettled(entry: Entry): boolean {
  return entry.kind === "user" ? entry.phase !== "sending" : !isRunning(entry);
}

export function newAnswer(runId: string, at: number, partial: boolean): AnswerEntry {
  return {
    kind: "answer",
    id: `run:${runId}`,
    runId,
    parts: [],
    phase: "waiting",
    problem: null,
    at,
    partial,
  };
}

/**
 * Changes the answer of a run; adds it first if it is not there. An answer that has ended stays as it is. Any
 * word about a run proves that its message arrived.
 */
export function changeAnswer(
  transcript: Transcript,
  runId: string,
  fallback: AnswerEntry,
  change: (answer: AnswerEntry) => AnswerEntry,
): Transcript {
  const answer = transcript.live.findLast((entry) => entry.kind === "answer" && entry.runId === runId);
  if (answer === undefined) {
    const ended = transcript.settled.some((entry) => entry.kind === "answer" && entry.runId === runId);
    return ended ? transcript : settle({ ...transcript, live: [...transcript.live, change(fallback)] });
  }
  if (!isRunning(answer)) return transcript;
  const live = transcript.live.map((entry): Entry => {
    if (entry.runId !== runId) return entry;
    return entry.kind === "user" ? { ...entry, phase: "sent" } : change(entry);
  });
  return settle({ ...transcript, live });
}

/** Moves the finished head of `live` over to `settled`. */
export function settle(transcript: Transcript): Transcript {
  const open = transcript.live.findIndex((entry) => !isSettled(entry));
  const count = open < 0 ? transcript.live.length : open;
  if (count === 0) return transcript;
  return {
    ...transcript,
    settled: [...transcript.settled, ...transcript.live.slice(0, count)],
    live: transcript.live.slice(count),
  };
}

export function runningRunIds(transcript: Transcript): string[] {
  return transcript.live.flatMap((entry) => (isRunning(entry) && entry.runId !== null ? [entry.runId] : []));
}
