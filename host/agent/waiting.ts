/**
 * The messages of a session that wait while another is answered: room for them, and who takes them along.
 *
 * Guarantees that every message that was accepted is answered, or has an end that says why not: what a run did not
 * come to take along goes on waiting for a turn of its own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "#host/base/errors.ts";
import type { QueueSettings } from "#host/base/queue-settings.ts";
import type { ActiveRun } from "./active-run.ts";
import type { SessionQueue } from "./session-queue.ts";

export function isText(run: ActiveRun): boolean {
  return run.incoming.kind === "text";
}

/**
 * Makes room for one more. Gives back the message that is given up for it, or null. A message that was put together
 * with one that waits has a `holder` and needs no place. Throws `limit.exceeded` where the new one is refused.
 */
export function makeRoom(
  run: ActiveRun,
  waiting: readonly ActiveRun[],
  { cap, drop }: Pick<QueueSettings, "cap" | "drop">,
  queue: SessionQueue,
): ActiveRun | null {
  if (waiting.length < cap) return null;
  const [oldest, ...others] = waiting.filter(isText);
  if (drop === "new" || oldest === undefined || !isText(run))
    throw queueIsFull(run.sessionKey, waiting.length);
  if (drop === "old") return oldest;
  if (oldest.held.length >= cap) throw queueIsFull(run.sessionKey, waiting.length + oldest.held.length);
  hold(oldest, others.find((one) => queue.remove(one.sessionKey, one.job)) ?? run);
  return null;
}

function hold(holder: ActiveRun, run: ActiveRun): void {
  holder.held.push(run, ...run.held.splice(0));
  for (const one of holder.held) one.holder = holder;
}

/** What `run` takes along before a model call: what was put together with it, then what its mode says. */
export function takeAlong(
  run: ActiveRun,
  turn: number,
  waiting: readonly ActiveRun[],
  queue: SessionQueue,
): ActiveRun[] {
  if (run.controller.signal.aborted) return [];
  const mode = turn === 1 ? "collect" : "steer";
  const others = waiting.filter((one) => one.holder === null && isText(one) && one.mode === mode);
  const taken = others.filter((one) => queue.remove(one.sessionKey, one.job));
  const withHeld = taken.flatMap((one) => [one, ...one.held.splice(0)]);
  const all = [...run.held.splice(0), ...withHeld];
  for (const one of all) one.state = "leaving";
  return all;
}

/** Whoever was put together with a run that ended without answering waits for a turn of its own again. */
export function release(run: ActiveRun, queue: SessionQueue): void {
  for (const one of run.held.splice(0).reverse()) {
    one.holder = null;
    queue.add(one.sessionKey, one.job, "first");
  }
}

/** Takes a message back that has no turn yet; false if it has one. */
export function takeOut(run: ActiveRun, queue: SessionQueue): boolean {
  const held = run.holder?.held ?? [];
  const at = held.indexOf(run);
  if (at === -1 && !queue.remove(run.sessionKey, run.job)) return false;
  if (at !== -1) held.splice(at, 1);
  run.holder = null;
  run.state = "leaving";
  return true;
}

/** Waits until nothing came for the debounce time, or the run is stopped. */
export async function untilQuiet(
  run: ActiveRun,
  debounceMs: number,
  now: () => number,
  newest: () => number,
): Promise<void> {
  if (!isText(run) || (run.mode !== "collect" && run.mode !== "followup")) return;
  const { signal } = run.controller;
  for (let left = debounceMs; left > 0 && !signal.aborted;) {
    left = newest() + debounceMs - now();
    if (left > 0) await sleep(left, undefined, { signal }).catch(() => undefined);
  }
}

/** Of a message that was given up for a newer one. */
export function givenUp(sessionKey: string): HostError {
  return new HostError("limit.exceeded", `Given up for a newer message: too many wait in "${sessionKey}"`, {
    fix: "Send it again, or let more wait with messages.queue.cap",
  });
}

function queueIsFull(sessionKey: string, count: number): HostError {
  return new HostError(
    "limit.exceeded",
    `Cannot send to "${sessionKey}": ${count} messages wait there already`,
    { fix: "Wait for answers, or stop what is being answered" },
  );
}
