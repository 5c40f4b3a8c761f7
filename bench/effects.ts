/**
 * The figures of the walls, as one JSON object: each beside a reference that was measured in the same run.
 *
 *     node run.mjs prepare --dev && dist/bun bench/effects.ts [part]
 *
 * Never a test, like `bench.ts`. Real broker, real audit, real sandboxes; only `…WithoutBroker` goes around it.
 */
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { EffectReply, PerformEffect } from "#host/base/effect.ts";
import { isolatedVmAddon } from "#host/compose/release.ts";
import { callText, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import { blank } from "./blank.ts";
import { node, openWorld, wait } from "./effect-world.ts";
import { bomb, killed, neighbours } from "./harm.ts";
import { installed } from "./installed.ts";
import { cpuMeter } from "./proc.ts";
import { median, medians, round, timed } from "./statistics.ts";

const MiB = 1024 * 1024;
const PIECE = 16 * MiB;
/** Effects in a row; what they take beyond a call without any is theirs. */
const ROW = 20;
const world = await openWorld();
const { sandboxes } = world;

const worker = toolPlugin(
  "worker",
  `async ({ gets = 0, at = 1, reads = 0, writes = 0 }, ctx) => {
    const each = async (times, run) => { for (let i = 0; i < times; i++) await run(); };
    await Promise.all(Array.from({ length: at }, () => each(gets / at, () => ctx.storage.get("nothing"))));
    await each(reads, () => ctx.files.read("big", { length: ${PIECE} }));
    await each(writes, () => ctx.files.write("copy", new Uint8Array(${PIECE})));
    return "done";
  }`,
);
const call = (args: Record<string, number>) => callText(sandboxes, worker, { args });

async function effects() {
  const nothing = async (): Promise<EffectReply> => ({ ok: true, head: { found: false }, body: null });
  const echo = node("process.stdin.pipe(process.stdout)");
  const echoed = async () => {
    for (let at = 0; at < ROW; at++) await (echo.stdin.write("x".repeat(150)), once(echo.stdout, "data"));
  };
  await call({ gets: 10_000, at: 8 });
  const before = await world.audited();
  const one = await medians(100, {
    idle: () => call({}),
    decided: () => call({ gets: ROW }),
    bare: () => world.without(nothing, () => call({ gets: ROW })),
    echoed,
  });
  const many = await medians(5, {
    decided: () => call({ gets: 8_000, at: 32 }),
    bare: () => world.without(nothing, () => call({ gets: 8_000, at: 32 })),
  });
  echo.kill();
  return {
    p50Us: round(((one.decided - one.idle) / ROW) * 1000),
    withoutBrokerP50Us: round(((one.bare - one.idle) / ROW) * 1000),
    bareEchoP50Us: round((one.echoed / ROW) * 1000),
    budgetUs: 120,
    perSecond: round(8_000_000 / many.decided),
    withoutBrokerPerSecond: round(8_000_000 / many.bare),
    budgetPerSecond: 10_000,
    audited: (await world.audited()) - before === 100 * ROW + 5 * 8_000,
  };
}

async function streams() {
  const [big, copy] = [join(world.workspace, "big"), join(world.workspace, "copy")];
  await writeFile(big, new Uint8Array(PIECE));
  const source = () => createReadStream(big, { highWaterMark: 64 * 1024 });
  async function* zeros() {
    for (let at = 0; at < PIECE; at += 64 * 1024) yield new Uint8Array(64 * 1024);
  }
  const memory = async (): Promise<EffectReply> => ({ ok: true, head: {}, body: zeros() });
  const sink: PerformEffect = async (_, __, { body }) => {
    for await (const _ of body);
    return { ok: true, head: {}, body: null };
  };
  const ms = await medians(9, {
    read: () => call({ reads: 1 }),
    readWithoutBroker: () => world.without(memory, () => call({ reads: 1 })),
    plainRead: () => pipeline(source(), new Writable({ write: (_, __, done) => done() })),
    write: () => call({ writes: 1 }),
    writeWithoutBroker: () => world.without(sink, () => call({ writes: 1 })),
    plainCopy: () => pipeline(source(), createWriteStream(copy)),
  });
  const perSecond = Object.entries(ms).map(([name, taken]) => [`${name}MBs`, round(PIECE / 1_000 / taken)]);
  return { ...Object.fromEntries(perSecond), budgetMBs: 200 };
}

/** Isolates of isolated-vm with nothing in them, one after another. */
const EMPTY_ISOLATE = `const at = { exports: {} }; process.dlopen(at, process.argv[1]); const { ivm } = at.exports; const ms = [];
  (async () => { for (let i = 0; i < 20; i++) { const t = performance.now(); const isolate = new ivm.Isolate();
    await (await isolate.createContext()).eval("1"); ms.push(performance.now() - t); isolate.dispose(); }
    console.log(ms.sort((a, b) => a - b)[10]); })()`;

async function firstLine() {
  const taken: number[] = [];
  for (let at = 0; at < 20; at++) {
    await wait(100); // the pool fills itself meanwhile, as between two sessions
    taken.push(await timed(() => callText(sandboxes, worker, { session: `agent:main:new-${at}` })));
  }
  const [empty] = (await once(node(EMPTY_ISOLATE, isolatedVmAddon()).stdout, "data")) as [Buffer];
  const { open } = await medians(100, { open: () => call({}) });
  return {
    p50Ms: round(median(taken)),
    emptyIsolateMs: round(Number(empty)),
    openIsolateMs: round(open),
    budgetMs: 15,
  };
}

const parts = {
  effects,
  streams,
  blank,
  firstLine,
  killed: () => killed(sandboxes),
  bomb: () => bomb(sandboxes),
  neighbours: () => neighbours(sandboxes),
  installed,
};
const only = process.argv[2];
const figures: Record<string, unknown> = {
  at: new Date().toISOString(),
  runtime: `bun ${process.versions.bun}`,
};
const meter = cpuMeter();
try {
  for (const [name, measure] of Object.entries(parts))
    if (only === undefined || only === name) figures[name] = await measure();
  figures.machineBusyPercent = meter();
} finally {
  await world.close();
}
console.log(JSON.stringify(figures, null, 2));
process.exit(0);
