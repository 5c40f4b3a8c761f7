/** How long the calls of a neighbour take, while an attack lasts. */
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { callText, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";

export interface Latency {
  /** Milliseconds. */
  readonly p99: number;
  readonly calls: number;
}

/** What a neighbour's calls may take at most, in ms, on a machine that is not busy already. */
const MOST_MS = 50;
const PAUSE_MS = 3;
const BASELINE_MS = 500;

/** A plugin that an attack must not reach: it counts its calls in its isolate. */
export const neighbour: PluginCode = toolPlugin(
  "neighbour",
  "async () => `call ${globalThis.calls = (globalThis.calls ?? 0) + 1}`",
  { trustGroup: "neighbours" },
);

/** Calls the neighbour until `attack` is over, and at least twice. Rejects when one of its calls fails. */
export async function latencyDuring(sandboxes: Sandboxes, attack: Promise<unknown>): Promise<Latency> {
  const attacked = { over: false };
  const over = attack.finally(() => (attacked.over = true));
  const taken: number[] = [];
  while (!attacked.over || taken.length < 2) {
    const start = performance.now();
    await callText(sandboxes, neighbour);
    taken.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await over;
  taken.sort((a, b) => a - b);
  return { p99: taken[Math.ceil(taken.length * 0.99) - 1] ?? 0, calls: taken.length };
}

/** The bound that holds here: 50 ms, or twice of what it takes without an attack where that is more. */
export async function boundHere(sandboxes: Sandboxes): Promise<number> {
  await callText(sandboxes, neighbour);
  const { p99 } = await latencyDuring(sandboxes, new Promise((resolve) => setTimeout(resolve, BASELINE_MS)));
  return Math.max(MOST_MS, 2 * p99);
}

/** As part of an outcome: null while within the bound. */
export function slowed(attack: string, { p99 }: Latency, boundMs: number): string | null {
  return p99 < boundMs ? null : `${attack}: the neighbour's p99 was ${p99.toFixed(0)} ms`;
}
