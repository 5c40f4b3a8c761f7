/** What a plugin can do to the others: how soon it is over, and what they notice of it. */
import { once } from "node:events";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { processTree, residentBytes } from "#host/sandbox/resident-bytes.ts";
import { callText, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import { node, wait } from "./effect-world.ts";
import { median, medians, percentile, round, timed } from "./statistics.ts";

const MiB = 1024 * 1024;
const CAP_MIB = 200;

/** The last process that was started here, with all around it. */
const innermost = () => processTree(process.pid).at(-1) ?? 0;

export async function killed(sandboxes: Sandboxes) {
  const taken: number[] = [];
  for (let at = 0; at < 3; at++) {
    const execute = "({ ms = 0 }) => new Promise((end) => setTimeout(end, ms, ''))";
    const sleeper = toolPlugin(`sleeper-${at}`, execute, { trustGroup: `sleepers-${at}` });
    await callText(sandboxes, sleeper);
    const inFlight = callText(sandboxes, sleeper, { args: { ms: 9_000 } }).catch(() => "ended");
    await wait(50);
    const kill = async () => {
      process.kill(innermost(), "SIGKILL");
      await inFlight;
      await callText(sandboxes, sleeper);
    };
    taken.push(await timed(kill));
  }
  const { bare } = await medians(3, { bare: () => once(node(""), "exit") });
  return { backMs: round(median(taken)), bareNodeMs: round(bare), budgetMs: 300 };
}

/** From the first look that sees the process over the cap until it is gone; 0 if it went before that look. */
async function overFor(pid: number, stop = () => {}): Promise<number> {
  for (let crossed: number | null = null; ; await wait(2)) {
    const bytes = (await residentBytes(pid)) ?? 0;
    if (bytes === 0) return performance.now() - (crossed ?? performance.now());
    if (crossed !== null || bytes < CAP_MIB * MiB) continue;
    crossed = performance.now();
    stop();
  }
}

const FILL =
  "for (;;) { held.push(new Uint8Array(4194304).fill(1)); await new Promise((go) => setTimeout(go, 5)); }";

export async function bomb(sandboxes: Sandboxes) {
  const taken: number[] = [];
  for (let at = 0; at < 3; at++) {
    const execute = `async ({ go }) => { if (!go) return ""; const held = []; ${FILL} }`;
    const bounds = { trustGroup: `bomb-${at}`, rssMiB: CAP_MIB, heapMiB: 4_096 };
    const plugin = toolPlugin(`bomb-${at}`, execute, bounds);
    await callText(sandboxes, plugin);
    const pid = innermost();
    void callText(sandboxes, plugin, { args: { go: 1 } }).catch(() => "");
    taken.push(await overFor(pid));
  }
  const bare = node(`(async () => { const held = []; ${FILL} })()`);
  const killedAtOnce = await overFor(bare.pid ?? 0, () => bare.kill("SIGKILL"));
  return {
    slowestOf3Ms: round(percentile(taken, 1)),
    killedAtOnceMs: round(killedAtOnce),
    capMiB: CAP_MIB,
    budgetMs: 500,
  };
}

/** A call is due every 4 ms; one that begins late has waited, and that counts. */
async function p99While(sandboxes: Sandboxes, attack: Promise<unknown>): Promise<number> {
  const state = { over: false };
  const neighbour = toolPlugin("neighbour", "() => 'here'");
  await callText(sandboxes, neighbour);
  void attack.finally(() => (state.over = true));
  const taken: number[] = [];
  for (let due = performance.now(); !state.over; due += 4) {
    if (due > performance.now()) await wait(due - performance.now());
    await callText(sandboxes, neighbour);
    taken.push(performance.now() - due);
  }
  return round(percentile(taken, 0.99));
}

export async function neighbours(sandboxes: Sandboxes) {
  const until = "const until = Date.now() + 2000;";
  const attack = (body: string) =>
    callText(sandboxes, toolPlugin("attacker", `async (_, ctx) => { ${until} ${body} return ""; }`)).catch(
      () => "",
    );
  const busy = node("for (const until = Date.now() + 10_000; Date.now() < until; );");
  const besideBusy = await p99While(sandboxes, wait(2_000));
  busy.kill("SIGKILL");
  return {
    aloneP99Ms: await p99While(sandboxes, wait(2_000)),
    besideBusyProgramP99Ms: besideBusy,
    loopP99Ms: await p99While(sandboxes, attack("for (;;);")),
    linesFloodP99Ms: await p99While(
      sandboxes,
      attack("for (; Date.now() < until;) console.log('x'.repeat(1000));"),
    ),
    effectsFloodP99Ms: await p99While(
      sandboxes,
      attack("for (; Date.now() < until; await null) void ctx.storage.get('x').catch(() => {});"),
    ),
    budgetMs: 50,
  };
}
