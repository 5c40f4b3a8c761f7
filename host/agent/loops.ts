/**
 * Notices a run that goes in a circle: the same calls with the same results, one step again and again or two in turn.
 *
 * What changes (another argument, another result) is progress and resets it. Pure but for what it has seen.
 */
import { createHash } from "node:crypto";
import { HostError } from "#host/base/errors.ts";
import type { JsonValue } from "#host/base/json.ts";
import { textOf, type ToolCallPart, type ToolResultMessage } from "#host/base/message.ts";

/** `tell`: the model should be told, once. `end`: it was, and went on. */
export type LoopVerdict = "fine" | "tell" | "end";

export interface LoopWatch {
  /** Notes what one answer called and what came of it. */
  step(calls: readonly ToolCallPart[], results: readonly ToolResultMessage[]): LoopVerdict;
}

/** Two steps in turn are looked for, as well as one. */
const PERIODS = [1, 2];

/** @param repeats times that a circle may be gone through before the model is told */
export function createLoopWatch(repeats: number): LoopWatch {
  const seen: string[] = [];
  let toldAt: number | null = null;
  return {
    step(calls, results) {
      seen.push(signatureOf(calls, results));
      if (seen.length > repeats * 2 + 2) seen.shift();
      const period = PERIODS.find((length) => circles(seen, length) >= repeats);
      if (period === undefined) {
        toldAt = null;
        return "fine";
      }
      if (toldAt === null) {
        toldAt = 0;
        return "tell";
      }
      toldAt++;
      return toldAt >= period ? "end" : "fine";
    },
  };
}

/** How often the newest `length` steps came in a row, all of them the same each time. */
function circles(seen: readonly string[], length: number): number {
  let count = 0;
  for (let at = seen.length - length; at >= 0; at -= length) {
    const isSame = seen.slice(at, at + length).every((one, n) => one === seen[seen.length - length + n]);
    if (!isSame) break;
    count++;
  }
  return count;
}

function signatureOf(calls: readonly ToolCallPart[], results: readonly ToolResultMessage[]): string {
  const lines = calls.map((call, at) => {
    const result = results[at];
    return `${call.name} ${stable(call.arguments)} ${result === undefined ? "" : textOf(result)}`;
  });
  return createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
}

function stable(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: JsonValue) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export const LOOP_NOTE =
  "You keep making the same tool calls and get the same results. Calling again will not change them: answer with what you have, or do something else.";

export function endlessLoop(calls: readonly ToolCallPart[]): HostError {
  const names = [...new Set(calls.map(({ name }) => name))].join(", ");
  return new HostError("limit.exceeded", `Stopped: the model kept calling ${names} with the same result`, {
    fix: "Say it in other words, or choose a model that handles tools better",
  });
}
