/**
 * A program for the sandbox's Node, `blank-isolates.ts <addon> <snapshot>`: what isolates cost before any plugin is
 * in them. Prints one JSON object; times in ms, the median of `COUNT`.
 */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { loadIsolatedVm } from "#host/sandbox/child/addon.ts";
import { createIsolateSource, type BlankIsolate } from "#host/sandbox/child/blank-isolate.ts";
import { SANDBOX } from "#host/base/limits.ts";
import { median, round } from "./statistics.ts";

const COUNT = 30;
const MiB = 1024 * 1024;
/** Longer than the pool takes to fill itself again. */
const REFILL_MS = 150;

const [addon = "", snapshotPath = ""] = process.argv.slice(2);
const ivm = loadIsolatedVm(addon);
const snapshot = new ivm.ExternalCopy(new Uint8Array(readFileSync(snapshotPath)).buffer);
const source = (pooled: number) =>
  createIsolateSource({ ivm, snapshot, pooled, onCatastrophe: (reason) => process.exit(reason.length) });
const needs = { heapMiB: SANDBOX.heapMiB, wasm: false };

/** As many, each alive until the end, as in a process that many sessions share. */
async function take(from: { take(asked: typeof needs): Promise<BlankIsolate> }, pauseMs: number) {
  const taken: number[] = [];
  const alive: BlankIsolate[] = [];
  for (let at = 0; at < COUNT; at++) {
    await wait(pauseMs);
    const began = performance.now();
    alive.push(await from.take(needs));
    taken.push(performance.now() - began);
  }
  return { ms: round(median(taken)), alive };
}

/** With nothing in it, not even the runtime: what V8 itself takes. */
async function takeEmpty() {
  const isolate = new ivm.Isolate({ memoryLimit: SANDBOX.heapMiB });
  await isolate.createContext();
  return isolate;
}

const first = await source(0).take(needs);
const before = process.memoryUsage.rss();
const cold = await take(source(0), 0);
const residentMiB = round((process.memoryUsage.rss() - before) / MiB / COUNT);
const pooled = source(SANDBOX.pooledIsolates);
pooled.fill();
const warm = await take(pooled, REFILL_MS);
for (const { isolate } of [first, ...cold.alive, ...warm.alive]) isolate.dispose();
const empties: number[] = [];
for (let at = 0; at < COUNT; at++) {
  const began = performance.now();
  const isolate = await takeEmpty();
  empties.push(performance.now() - began);
  isolate.dispose();
}
console.log(
  JSON.stringify({ coldMs: cold.ms, pooledMs: warm.ms, residentMiB, emptyMs: round(median(empties)) }),
);
process.exit(0);
