/** Memory that grows without end, in every kind that V8 counts differently. */
import { readFileSync } from "node:fs";
import { residentBytes } from "#host/sandbox/resident-bytes.ts";
import { callText, createRig, toolPlugin, type Rig } from "#host/sandbox/sandboxes-for-tests.ts";
import type { SandboxFiles } from "#host/sandbox/confinement.ts";
import type { Hazard } from "./hazard.ts";
import { neighbour, NeighbourWatch } from "./latency.ts";

const MiB = 1024 * 1024;
const CAP_MIB = 200;
/** Of a process that nothing stops. */
const HARM_MIB = 2 * CAP_MIB;
const DEAD_WITHIN_MS = 500;

const BOMBS: Readonly<Record<string, string>> = {
  "arrays of arrays": "for (;;) held.push(Array.from({ length: 1000 }, () => new Array(100).fill(1.5)));",
  ArrayBuffers: "for (;;) held.push(new Uint8Array(4194304).fill(1));",
  "ArrayBuffers with pauses":
    "for (;;) { held.push(new Uint8Array(4194304).fill(1)); await new Promise((done) => setTimeout(done, 1)); }",
  strings:
    "for (let i = 0; ; i++) held.push(String(i).padEnd(1048576, String.fromCharCode(i % 99 + 300)).split('').join(''));",
  "maps of objects": "const map = new Map(); for (let i = 0; ; i++) map.set({}, { i, at: [i] });",
  "WebAssembly memory":
    "for (;;) { const { buffer } = new WebAssembly.Memory({ initial: 160 }); new Uint8Array(buffer).fill(1); held.push(buffer); }",
};

function bombOf(name: string, body: string, rssMiB: number) {
  return toolPlugin(
    "bomb",
    `async ({ honest }) => { if (honest) return "works"; const held = []; ${body} }`,
    {
      // The isolate's own bound is set aside: it is not the wall, as it does not count all of this.
      heapMiB: 4_096,
      cpuSliceMs: 30_000,
      deadlineMs: 30_000,
      wasm: true,
      rssMiB,
      trustGroup: `bomb: ${name}`,
    },
  );
}

interface Watched {
  /** From the first reading over the cap to the process's end; null if it never crossed it. */
  readonly overForMs: number | null;
  readonly mostMiB: number;
}

/** Reads the memory of this program's children until one of them that was over the cap is gone, or `enough` is. */
async function watch(stop: Promise<unknown>, enoughMiB: number): Promise<Watched> {
  const state = { over: false, crossed: 0, most: 0, pid: 0 };
  void stop.finally(() => (state.over = true)).catch(() => {});
  for (;;) {
    const now = performance.now();
    const sizes = await Promise.all(
      children().map(async (pid) => [pid, (await residentBytes(pid)) ?? 0] as const),
    );
    for (const [pid, bytes] of sizes) {
      if (bytes > CAP_MIB * MiB && state.crossed === 0) Object.assign(state, { crossed: now, pid });
      if (pid === state.pid) state.most = Math.max(state.most, bytes);
    }
    const isGone = state.pid !== 0 && !sizes.some(([pid, bytes]) => pid === state.pid && bytes > 0);
    if (isGone) return { overForMs: now - state.crossed, mostMiB: state.most / MiB };
    if (state.most > enoughMiB * MiB || (state.over && state.pid === 0)) {
      return { overForMs: null, mostMiB: state.most / MiB };
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function children(): number[] {
  const line = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return line.split(" ").filter(Boolean).map(Number);
}

async function bomb(rig: Rig, watched: NeighbourWatch, name: string, body: string): Promise<string | null> {
  const calling = callText(rig.sandboxes, bombOf(name, body, CAP_MIB)).then(
    () => "the bomb came to an end",
    () => null,
  );
  const watching = watch(calling, Number.POSITIVE_INFINITY);
  await watched.during(watching);
  const { overForMs, mostMiB } = await watching;
  if (overForMs === null) return (await calling) ?? `${name}: never crossed its cap`;
  console.log(`${name}: ${overForMs.toFixed(0)} ms over its cap, ${mostMiB.toFixed(0)} MiB at most`);
  return overForMs < DEAD_WITHIN_MS ? null : `${name}: lived ${overForMs.toFixed(0)} ms over its cap`;
}

async function unbounded(files: SandboxFiles): Promise<string | null> {
  const { sandboxes } = createRig({ files: Promise.resolve(files) });
  const [name = "", body = ""] = Object.entries(BOMBS)[1] ?? [];
  const calling = callText(sandboxes, bombOf(name, body, 1_000_000)).catch(() => null);
  const { mostMiB } = await watch(calling, HARM_MIB);
  await sandboxes.stop();
  return mostMiB > HARM_MIB ? `${name} took more than ${HARM_MIB} MiB` : null;
}

export const hazard: Hazard = {
  name: "memory bombs: arrays, ArrayBuffers, strings, maps, granted WebAssembly",
  wall: "watchdog: the process is dead within 0.5 s of crossing its cap",
  canary: "the machine's memory, and a neighbour whose calls must stay under 50 ms (p99)",
  without: "a cap of a tebibyte",
  alone: true,
  attack: async (wall, files) => {
    if (wall === "down") return { harm: await unbounded(files), control: "works" };
    const rig = createRig({ files: Promise.resolve(files) });
    try {
      const watched = new NeighbourWatch(rig.sandboxes);
      await watched.begin();
      const harms: (string | null)[] = [];
      for (const [name, body] of Object.entries(BOMBS)) harms.push(await bomb(rig, watched, name, body));
      const honest = bombOf("honest", "", CAP_MIB);
      const control = await callText(rig.sandboxes, honest, { args: { honest: true } });
      const counted = await callText(rig.sandboxes, neighbour);
      const lost = /^call \d{3}/.test(counted) ? null : `the neighbour lost its isolate: ${counted}`;
      return {
        harm: [...harms, lost].filter((each) => each !== null).join("; ") || null,
        slow: watched.slow(),
        control,
      };
    } finally {
      await rig.sandboxes.stop();
    }
  },
};
