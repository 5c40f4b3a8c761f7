/** Real child processes behind the real wall: plugins as the host runs them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import type { EffectContext, EffectRequest } from "#host/base/effect.ts";
import { HostError, type ErrorCode } from "#host/base/errors.ts";
import { callText, createRig, toolPlugin, type Rig, type RigOptions } from "./sandboxes-for-tests.ts";

const linuxOnly = {
  skip: process.platform === "linux" ? false : "procfs tells who is left, and this is not Linux",
};
const rigs: Rig[] = [];
after(() => Promise.all(rigs.map((rig) => rig.sandboxes.stop())));

function rigOf(options: RigOptions = {}): Rig {
  const rig = createRig(options);
  rigs.push(rig);
  return rig;
}

function failsWith(code: ErrorCode, message = /./) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof HostError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, message);
    return true;
  };
}

const COUNTER = "async () => `count ${globalThis.count = (globalThis.count ?? 0) + 1}`";

test("a plugin is described and called, with its arguments, console and progress", async () => {
  const { sandboxes, console } = rigOf();
  const plugin = toolPlugin(
    "dice",
    "async ({ sides }, ctx) => { console.log('rolling'); ctx.update('half'); return `rolled ${sides}`; }",
  );
  const { kind, tools } = await sandboxes.describe(plugin);
  assert.deepEqual([kind, tools.map((tool) => tool.name)], ["tool", ["dice"]]);
  const updates: string[] = [];
  const text = await callText(sandboxes, plugin, {
    args: { sides: 6 },
    onUpdate: (line) => updates.push(line),
  });
  assert.equal(text, "rolled 6");
  assert.deepEqual(updates, ["half"]);
  assert.deepEqual(console, ["dice info rolling"]);
});

test("a session keeps its isolate, another session and a new version get their own", async () => {
  const { sandboxes } = rigOf();
  const plugin = toolPlugin("counter", COUNTER);
  assert.equal(await callText(sandboxes, plugin), "count 1");
  assert.equal(await callText(sandboxes, plugin), "count 2");
  assert.equal(await callText(sandboxes, plugin, { session: "agent:main:other" }), "count 1");
  assert.equal(await callText(sandboxes, { ...plugin, hash: "other" }), "count 1");
});

test("concurrent calls of one session share its isolate from the first one on", async () => {
  const { sandboxes } = rigOf();
  const plugin = toolPlugin("counter", COUNTER);
  const texts = await Promise.all([1, 2, 3].map(() => callText(sandboxes, plugin)));
  assert.deepEqual(texts.sort(), ["count 1", "count 2", "count 3"]);
});

test("a plugin whose manifest bounds its calls at once is called no more often, whatever the session", async () => {
  const { sandboxes } = rigOf();
  const slow =
    "async () => { const began = Date.now(); await new Promise((end) => setTimeout(end, 60)); return JSON.stringify([began, Date.now()]); }";
  const plugin = toolPlugin("slow", slow, { concurrency: 1 });
  const sessions = ["agent:main:one", "agent:main:one", "agent:main:two"];
  const spans = await Promise.all(sessions.map((session) => callText(sandboxes, plugin, { session })));
  const sorted = spans.map((span) => JSON.parse(span) as [number, number]).sort(([a], [b]) => a - b);
  sorted.reduce(([, ended], next) => (assert.ok(next[0] >= ended, JSON.stringify(sorted)), next));
});

test("an isolate that nobody uses is thrown away", async () => {
  const { sandboxes } = rigOf({ limits: { idleIsolateMs: 20 } });
  const plugin = toolPlugin("counter", COUNTER);
  await callText(sandboxes, plugin);
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.equal(await callText(sandboxes, plugin), "count 1");
});

test("a full process makes room by throwing an unused isolate away", async () => {
  const { sandboxes } = rigOf({ limits: { isolatesPerProcess: 2 } });
  const plugin = toolPlugin("counter", COUNTER);
  for (const session of ["a", "b", "c", "b"])
    assert.match(await callText(sandboxes, plugin, { session }), /count/);
  assert.equal(await callText(sandboxes, plugin, { session: "a" }), "count 1");
});

test("sessions beyond a full process wait for one to finish", async () => {
  const { sandboxes } = rigOf({ limits: { isolatesPerProcess: 2 } });
  const plugin = toolPlugin(
    "slow",
    "async () => { await new Promise((done) => setTimeout(done, 50)); return 'done'; }",
  );
  const texts = await Promise.all(
    ["a", "b", "c", "d", "e"].map((session) => callText(sandboxes, plugin, { session })),
  );
  assert.deepEqual(texts, ["done", "done", "done", "done", "done"]);
});

test("a retired plugin's call ends on the version that it started with, the next one starts anew", async () => {
  const { sandboxes } = rigOf();
  const plugin = toolPlugin(
    "counter",
    "async (_, ctx) => { globalThis.count = (globalThis.count ?? 0) + 1; ctx.update('in'); await new Promise((done) => setTimeout(done, 60)); return `count ${count}`; }",
  );
  assert.equal(await callText(sandboxes, plugin), "count 1");
  const entered = Promise.withResolvers<void>();
  const running = callText(sandboxes, plugin, { onUpdate: () => entered.resolve() });
  await entered.promise;
  sandboxes.retire("counter");
  assert.equal(await callText(sandboxes, plugin), "count 1");
  assert.equal(await running, "count 2");
});

test("a retired plugin's isolate goes with its last call, its timers with it", async () => {
  const { sandboxes, console } = rigOf();
  const plugin = toolPlugin(
    "ticker",
    "async (_, ctx) => { setInterval(() => console.log('tick'), 5); ctx.update('in'); await new Promise((done) => setTimeout(done, 40)); return 'done'; }",
  );
  const entered = Promise.withResolvers<void>();
  const running = callText(sandboxes, plugin, { onUpdate: () => entered.resolve() });
  await entered.promise;
  sandboxes.retire("ticker");
  assert.equal(await running, "done");
  assert.ok(console.length > 0);
  await callText(sandboxes, toolPlugin("steady", COUNTER));
  const ticks = console.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(console.length, ticks);
});

test("after a stop no sandbox process is left", linuxOnly, async () => {
  const rig = createRig();
  await callText(rig.sandboxes, toolPlugin("one", COUNTER));
  await callText(rig.sandboxes, toolPlugin("two", COUNTER, { trustGroup: "others" }));
  const before = sandboxProcesses();
  await rig.sandboxes.stop();
  assert.ok(before.length >= 2);
  assert.equal(sandboxProcesses().length, before.length - 2);
});

/** The processes that the host itself started; what they started goes with them. */
function sandboxProcesses(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return children.split(" ").filter(Boolean).map(Number);
}

test("what a plugin throws is its own failure, in its own words", async () => {
  const { sandboxes } = rigOf();
  const plugin = toolPlugin("thrower", "async () => { throw new RangeError('seven sides'); }");
  await assert.rejects(
    callText(sandboxes, plugin),
    failsWith("plugin.failed", /"thrower" failed: RangeError: seven sides/),
  );
});

test("an error of any length reaches the host without harm to the process", async () => {
  const { sandboxes } = rigOf();
  const plugin = toolPlugin(
    "thrower",
    "async () => { const e = new Error('x'.repeat(2_000_000)); e.name = 'y'.repeat(10_000); throw e; }",
  );
  const steady = toolPlugin("steady", COUNTER);
  await callText(sandboxes, steady);
  await assert.rejects(callText(sandboxes, plugin), failsWith("plugin.failed"));
  assert.equal(await callText(sandboxes, steady), "count 2");
});

test("code that does not load is a failure of the plugin, and other plugins stay", async () => {
  const { sandboxes } = rigOf();
  const broken = toolPlugin("broken", "async () => {", {});
  await assert.rejects(
    sandboxes.describe(broken),
    failsWith("plugin.failed", /Cannot load "broken": SyntaxError/),
  );
  assert.equal(await callText(sandboxes, toolPlugin("steady", COUNTER)), "count 1");
});

test("a stopped turn is answered at once, and its plugin hears the reason", async () => {
  const { sandboxes, console } = rigOf();
  const plugin = toolPlugin(
    "patient",
    "(_, ctx) => new Promise((done) => { ctx.update('in'); ctx.signal.addEventListener('abort', () => { console.log(ctx.signal.reason.message); done('late'); }); })",
  );
  const stop = new AbortController();
  const entered = Promise.withResolvers<void>();
  const running = callText(sandboxes, plugin, { signal: stop.signal, onUpdate: () => entered.resolve() });
  await entered.promise;
  stop.abort();
  await assert.rejects(running, failsWith("aborted"));
  await assert.rejects(callText(sandboxes, plugin, { signal: stop.signal }), failsWith("aborted"));
  assert.equal(await callText(sandboxes, toolPlugin("steady", COUNTER)), "count 1");
  assert.deepEqual(console, ["patient info The turn was stopped"]);
});

test("a turn is stopped within 200 ms also while its plugin loops and hears nothing, and the plugin works again", async () => {
  const { sandboxes } = rigOf();
  const plugin = toolPlugin(
    "looping",
    "async ({ loop }, ctx) => { if (!loop) return 'well'; ctx.update('in'); await new Promise((soon) => setTimeout(soon, 20)); for (;;); }",
  );
  const stop = new AbortController();
  const entered = Promise.withResolvers<void>();
  const call = { args: { loop: true }, signal: stop.signal, onUpdate: () => entered.resolve() };
  const running = callText(sandboxes, plugin, call);
  await entered.promise;
  await new Promise((resolve) => setTimeout(resolve, 100));
  const stoppedAt = performance.now();
  stop.abort();
  await assert.rejects(running, failsWith("aborted"));
  assert.ok(performance.now() - stoppedAt < 200, `${performance.now() - stoppedAt} ms`);
  // A call that comes before the loop is ended shares its isolate, and its end.
  await callText(sandboxes, plugin).catch(() => undefined);
  assert.equal(await callText(sandboxes, plugin), "well");
});

test("a call past its deadline fails, and a plugin that goes on loses its isolate", async () => {
  const { sandboxes } = rigOf({ limits: { abortGraceMs: 20 } });
  const plugin = toolPlugin(
    "endless",
    "async ({ wait }) => { globalThis.count = (globalThis.count ?? 0) + 1; if (wait) await new Promise(() => {}); return `count ${count}`; }",
    { deadlineMs: 100 },
  );
  assert.equal(await callText(sandboxes, plugin), "count 1");
  await assert.rejects(
    callText(sandboxes, plugin, { args: { wait: true } }),
    failsWith("plugin.deadline", /"endless" of "endless": its deadline is 100 ms/),
  );
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(await callText(sandboxes, plugin), "count 1");
});

test("time that the broker holds does not count against the deadline", async () => {
  const { sandboxes } = rigOf({
    perform: async (_identity, _request, { pauseDeadline }: EffectContext) => {
      const go = pauseDeadline();
      await new Promise((resolve) => setTimeout(resolve, 250));
      go();
      return { ok: true, head: { type: "file", size: 1, modifiedAt: 0 }, body: null };
    },
  });
  const plugin = toolPlugin("asker", "async (_, ctx) => `size ${(await ctx.files.stat('a')).size}`", {
    deadlineMs: 120,
  });
  assert.equal(await callText(sandboxes, plugin), "size 1");
});

test("a body of megabytes crosses whole in both directions, and its source is never far ahead of its reader", async () => {
  const size = 3 * 1024 * 1024;
  const source = Buffer.alloc(size, 0);
  for (let at = 0; at < size; at += 1) source[at] = (at * 31) % 253;
  const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const written: Uint8Array[] = [];
  const { sandboxes } = rigOf({
    perform: async (_identity, request: EffectRequest, { body }: EffectContext) => {
      if (request.kind === "file.write") {
        for await (const piece of body) written.push(piece);
        return { ok: true, head: { size }, body: null };
      }
      return { ok: true, head: { size }, body: pieces(source, 200_000) };
    },
  });
  const plugin = toolPlugin(
    "copier",
    "async (_, ctx) => { const bytes = await ctx.files.read('a'); await ctx.files.write('b', bytes); return `${bytes.length}`; }",
  );
  assert.equal(await callText(sandboxes, plugin), String(size));
  assert.equal(sha(Buffer.concat(written)), sha(source));
});

async function* pieces(source: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.byteLength; at += size) yield source.subarray(at, at + size);
}

test("a body that nobody reads is pulled no further than the window, and let go with the call", async () => {
  let pulled = 0;
  const letGo = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array((pulled += 65_536) && 65_536);
    } finally {
      letGo.resolve();
    }
  }
  const { sandboxes } = rigOf({
    perform: async () => ({
      ok: true,
      head: { status: 200, statusText: "OK", headers: [], url: "https://example.org/" },
      body: endless(),
    }),
  });
  const plugin = toolPlugin(
    "sipper",
    "async () => { const response = await fetch('https://example.org/'); await new Promise((done) => setTimeout(done, 60)); return `${response.status}`; }",
  );
  assert.equal(await callText(sandboxes, plugin), "200");
  await letGo.promise;
  assert.ok(pulled <= 512 * 1024, `${pulled} bytes were pulled`);
});

test("a refused effect that the plugin lets through fails the tool with the refusal's words and fix", async () => {
  const { sandboxes } = rigOf({
    perform: async () => ({
      ok: false,
      failure: { code: "denied", message: 'Cannot read "/etc/passwd": not declared', fix: "Declare it" },
    }),
  });
  const plugin = toolPlugin("reader", "(_, ctx) => ctx.files.readText('/etc/passwd')");
  await assert.rejects(callText(sandboxes, plugin), (thrown) => {
    failsWith("effect.denied", /Cannot read "\/etc\/passwd": not declared/)(thrown);
    assert.equal((thrown as HostError).fix, "Declare it");
    return true;
  });
});

test("a broker that throws fails the effect without its words, and the log has them", async () => {
  const { sandboxes, log } = rigOf({ perform: () => Promise.reject(new Error("at /home/owner/secret")) });
  const plugin = toolPlugin("reader", "(_, ctx) => ctx.files.readText('a').catch((error) => error.message)");
  assert.equal(await callText(sandboxes, plugin), "Cannot finish file.read: the host failed");
  assert.ok(log.some((line) => line.includes("/home/owner/secret")));
});

test("a plugin stuck in a loop loses its isolate, and another plugin's calls go on meanwhile", async () => {
  const { sandboxes } = rigOf();
  const steady = toolPlugin("steady", COUNTER);
  await callText(sandboxes, steady);
  const loop = toolPlugin("loop", "async () => { for (;;); }", { cpuSliceMs: 300 });
  const loopIs = { over: false };
  const looping = assert
    .rejects(callText(sandboxes, loop), failsWith("plugin.crashed"))
    .finally(() => (loopIs.over = true));
  let served = 0;
  while (!loopIs.over) {
    await callText(sandboxes, steady);
    served += 1;
  }
  await looping;
  assert.ok(served > 10, `${served} calls were served`);
});

test("a plugin that keeps crashing is quarantined until its code changes", async () => {
  const { sandboxes } = rigOf({ limits: { crashesBeforeQuarantine: 2, restartDelayMs: 1 } });
  const plugin = toolPlugin("loop", "async () => { for (;;); }", { cpuSliceMs: 30 });
  for (const _ of "12") await assert.rejects(callText(sandboxes, plugin), failsWith("plugin.crashed"));
  await assert.rejects(
    callText(sandboxes, plugin),
    failsWith("plugin.refused", /"loop": quarantined after repeated crashes/),
  );
  await assert.rejects(sandboxes.describe(plugin), failsWith("plugin.refused"));
  assert.equal(await callText(sandboxes, toolPlugin("loop", "async () => 'mended'")), "mended");
});

test("a memory bomb is killed at its cap while a call of another group lives on", async () => {
  const { sandboxes } = rigOf();
  const steady = toolPlugin(
    "steady",
    "async () => { await new Promise((done) => setTimeout(done, 1_500)); return 'alive'; }",
  );
  const bomb = toolPlugin(
    "bomb",
    "async () => { const held = []; for (;;) { held.push(new ArrayBuffer(8 * 1024 * 1024)); new Uint8Array(held.at(-1)).fill(1); await new Promise((done) => setTimeout(done, 1)); } }",
    { trustGroup: "bombs", rssMiB: 200, heapMiB: 4_096 },
  );
  const living = callText(sandboxes, steady);
  await assert.rejects(callText(sandboxes, bomb), failsWith("plugin.crashed", /over its cap of 200 MiB/));
  assert.equal(await living, "alive");
});

test("an idle process ends, and the next call starts another", async () => {
  const { sandboxes, launcher } = rigOf({ limits: { idleIsolateMs: 5, idleProcessMs: 30 } });
  const plugin = toolPlugin("counter", COUNTER);
  await callText(sandboxes, plugin);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(await callText(sandboxes, plugin), "count 1");
  assert.equal(launcher.wall().state === "unknown", false);
});
