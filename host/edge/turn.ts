/**
 * Questions that take time of the child's thread, which all isolates of its process share: asked again until this isolate
 * has a turn. Only this isolate stands still meanwhile.
 */
import { QuotaExceededError } from "./dom-exception.ts";
import { ask } from "./door.ts";
import { limits } from "./limits.ts";
import type { Question } from "./door-protocol.ts";

/** How long an isolate waits before it asks again. */
const SHARE_MS = 4;
const { now } = Date;

/** Throws a QuotaExceededError where no turn came within `waitMs`. */
export function askInTurn(question: Question, bytes?: ArrayBuffer): unknown {
  const until = now() + limits().native.waitMs;
  do {
    const answer = ask(question, bytes);
    if (answer !== false) return answer;
    awaitTurn(until);
  } while (now() < until);
  throw busy("too much is done at once");
}

/** This isolate has had its share for now. Asking costs the child's thread something as well. */
function awaitTurn(until: number): void {
  do pass(now() + SHARE_MS);
  while (now() < until && ask({ t: "native.turn" }) !== true);
}

/** Lets a moment pass on this isolate's own thread. */
export function pass(until: number): void {
  while (now() < until);
}

export function busy(reason: string): Error {
  return new QuotaExceededError(`Cannot wait for this operation: ${reason}`);
}
