/**
 * How many tool calls of one plugin run at once, where its manifest bounds them (`permissions.limits.concurrency`).
 *
 * Guarantees that calls past the bound begin in the order in which they came, each when another has ended, and that
 * one whose turn was stopped waits no longer. Its deadline counts from its beginning.
 */
import { HostError } from "#host/base/errors.ts";
import type { PluginCode } from "./contract.ts";

interface Turns {
  running: number;
  readonly waiting: (() => void)[];
}

export class CallTurns {
  readonly #plugins = new Map<string, Turns>();

  async take<Result>(
    { id, concurrency }: Pick<PluginCode, "id" | "concurrency">,
    signal: AbortSignal,
    call: () => Promise<Result>,
  ): Promise<Result> {
    if (concurrency === undefined) return call();
    const turns = this.#plugins.get(id) ?? { running: 0, waiting: [] };
    this.#plugins.set(id, turns);
    if (turns.running < concurrency) turns.running += 1;
    else await untilTurn(turns.waiting, signal);
    try {
      return await call();
    } finally {
      // A turn is handed on without counting down, so that nobody slips in between.
      const next = turns.waiting.shift();
      if (next === undefined) turns.running -= 1;
      else next();
      if (turns.running === 0) this.#plugins.delete(id);
    }
  }
}

function untilTurn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const begin = () => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      waiting.splice(waiting.indexOf(begin), 1);
      reject(new HostError("aborted", "The turn was stopped"));
    };
    waiting.push(begin);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
