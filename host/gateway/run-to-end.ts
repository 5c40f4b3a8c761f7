/**
 * Sends one message and waits for its run to end: for callers that want the answer, not the events.
 *
 * Listens before it sends, so that no run is too quick to be seen; stops listening in every case.
 */
import { explain, HostError } from "#host/base/errors.ts";
import { NO_USAGE, textOf, type Usage } from "#host/base/message.ts";
import type { RunEvent } from "#host/base/run.ts";
import type { ChatPort } from "./ports.ts";
import type { ChatSend } from "#host/base/chat.ts";

interface Ended {
  readonly text: string;
  readonly stopReason: string;
  readonly usage: Usage;
  readonly provider: string;
  readonly model: string;
  readonly sessionId: string;
}

export type RunEnd =
  | (Ended & { readonly state: "final" | "aborted" })
  | { readonly state: "error"; readonly errorMessage: string };

export interface RunWatcher {
  /** The run was taken; nothing of it has been told yet. */
  accepted?(): void;
  /** More of the answer's text. */
  delta?(text: string): void;
}

/** Rejects with a HostError if the run was not taken, or was answered before under this key. */
export async function runToEnd(chat: ChatPort, send: ChatSend, watcher: RunWatcher = {}): Promise<RunEnd> {
  const { promise, resolve } = Promise.withResolvers<RunEnd>();
  const stop = chat.subscribe((event) => {
    if (event.run.runId !== send.runId) return;
    if (event.event.type === "message_update" && event.event.kind === "text")
      watcher.delta?.(event.event.delta);
    else if (event.event.type === "agent_end") resolve(endOf(event, event.event));
  });
  try {
    // Whoever waits for an answer gets one of its own.
    const { status } = await chat.send({ ...send, queueMode: send.queueMode ?? "followup" });
    if (status === "ok") {
      throw new HostError("request.invalid", `Cannot run "${send.runId}" again: it was answered before`, {
        fix: "Use a new idempotency key",
      });
    }
    watcher.accepted?.();
    return await promise;
  } finally {
    stop();
  }
}

function endOf({ run }: RunEvent, end: Extract<RunEvent["event"], { type: "agent_end" }>): RunEnd {
  const { message, error, stopReason } = end;
  if (stopReason === "error") {
    return { state: "error", errorMessage: error === null ? "the run failed" : explain(error) };
  }
  return {
    state: stopReason === "aborted" ? "aborted" : "final",
    text: message === null ? "" : textOf(message),
    stopReason,
    usage: message?.usage ?? NO_USAGE,
    provider: message?.provider ?? "",
    model: message?.model ?? "",
    sessionId: run.sessionId,
  };
}
