/** How long the calls of a neighbour take, while attacks last. */
import { spawn } from "node:child_process";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { callText, nodeBinary, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";

/** What a neighbour's calls may take at most (p99), in ms, on a machine that is not busy already. */
const MOST_MS = 50;
const BASELINE_MS = 1_000;
/** A call is due this often; one that begins late has waited, and that counts. */
const EVERY_MS = 4;

/** A plugin that an attack must not reach: it counts its calls in its isolate. */
export const neighbour: PluginCode = toolPlugin(
  "neighbour",
  "async () => `call ${globalThis.calls = (globalThis.calls ?? 0) + 1}`",
  { trustGroup: "neighbours" },
);

export class NeighbourWatch {
  readonly #sandboxes: Sandboxes;
  readonly #taken: number[] = [];
  #boundMs = MOST_MS;

  constructor(sandboxes: Sandboxes) {
    this.#sandboxes = sandboxes;
  }

  /**
   * Finds the bound that holds here: 50 ms, or where that is more twice of what calls take beside a program that
   * is none of ours and keeps one core busy. Nobody can be faster beside an attack.
   */
  async begin(): Promise<void> {
    await callText(this.#sandboxes, neighbour);
    const busy = spawn(nodeBinary, ["-e", "for (;;);"], { stdio: "ignore" });
    await this.during(new Promise((resolve) => setTimeout(resolve, BASELINE_MS)));
    busy.kill("SIGKILL");
    this.#boundMs = Math.max(MOST_MS, 2 * this.#p99());
    this.#taken.length = 0;
  }

  /** Calls the neighbour until the attack is over. Rejects when one of its calls fails. */
  async during(attack: Promise<unknown>): Promise<void> {
    const attacked = { over: false };
    const over = attack.finally(() => (attacked.over = true));
    for (let due = performance.now(); !attacked.over; due += EVERY_MS) {
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      await callText(this.#sandboxes, neighbour);
      this.#taken.push(performance.now() - due);
    }
    await over;
  }

  /** As an outcome has it: null if the neighbour was served in time all along. */
  slow(): string | null {
    if (this.#taken.length < 100) return `the neighbour was called only ${this.#taken.length} times`;
    const p99 = this.#p99();
    return p99 < this.#boundMs ? null : `the neighbour's calls took ${p99.toFixed(0)} ms (p99)`;
  }

  #p99(): number {
    const sorted = this.#taken.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
  }
}
