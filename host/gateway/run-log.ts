/**
 * How runs ended, for who asks afterwards (`agent.wait`): a client may have lost its line in between.
 *
 * Remembers the newest runs only, in memory: after a restart a run's end stands in its session's history.
 */
import { explain } from "#host/base/errors.ts";
import type { RunEvent } from "#host/base/run.ts";
import type { ChatPort } from "./ports.ts";

export interface EndedRun {
  readonly status: "ok" | "error" | "aborted";
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stopReason: string;
  readonly error: string | null;
  /** The run that took its message along and answers it. */
  readonly joinedTo: string | null;
}

export interface RunLog {
  /** The end of a run, also of one that is not known yet; null if it did not come within the time. */
  wait(runId: string, timeoutMs: number): Promise<EndedRun | null>;
  stop(): void;
}

const MAX_REMEMBERED = 1_000;

export function createRunLog(chat: Pick<ChatPort, "subscribe">): RunLog {
  const started = new Map<string, { at: number; joinedTo: string | null }>();
  const ended = new Map<string, EndedRun>();
  const waiting = new Map<string, Set<(end: EndedRun) => void>>();

  const finish = (runId: string, end: EndedRun) => {
    started.delete(runId);
    ended.delete(runId);
    ended.set(runId, end);
    const [oldest] = ended.keys();
    if (ended.size > MAX_REMEMBERED && oldest !== undefined) ended.delete(oldest);
    for (const tell of waiting.get(runId) ?? []) tell(end);
  };
  const hear = ({ run: { runId }, event, ts }: RunEvent) => {
    const known = started.get(runId) ?? { at: ts, joinedTo: null };
    // A key that is sent again is a run again.
    if (event.type === "agent_start") ended.delete(runId);
    if (event.type === "joined") known.joinedTo = event.runId;
    if (event.type !== "agent_end") return void started.set(runId, known);
    const { stopReason, error } = event;
    const status = stopReason === "error" || stopReason === "aborted" ? stopReason : "ok";
    const words = status === "error" && error !== null ? explain(error) : null;
    finish(runId, {
      status,
      startedAt: known.at,
      endedAt: ts,
      stopReason,
      error: words,
      joinedTo: known.joinedTo,
    });
  };
  const stop = chat.subscribe(hear);

  const wait = async (runId: string, timeoutMs: number): Promise<EndedRun | null> => {
    const past = ended.get(runId);
    if (past !== undefined) return past;
    const { promise, resolve } = Promise.withResolvers<EndedRun | null>();
    const waiters = waiting.get(runId) ?? new Set();
    waiters.add(resolve);
    waiting.set(runId, waiters);
    const timer = setTimeout(() => resolve(null), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      waiters.delete(resolve);
      if (waiters.size === 0) waiting.delete(runId);
    }
  };

  return {
    stop,
    async wait(runId, timeoutMs) {
      const until = Date.now() + timeoutMs;
      const end = await wait(runId, timeoutMs);
      // What another run took along is over when that is.
      if (end === null || end.joinedTo === null) return end;
      return await wait(end.joinedTo, Math.max(0, until - Date.now()));
    },
  };
}
