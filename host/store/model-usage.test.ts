import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createModelUsage, NO_RULES, type Spender, type TurnSpender } from "./model-usage.ts";
import { openAt, temporaryFolder, temporaryStore } from "./temporary-store.fixture.ts";

const NOON = Date.parse("2026-11-27T12:00:00Z");
const clockAt = (now: () => number) => ({ now, monotonic: now });
const SPENDER: Spender = { plugin: "dice", session: "agent:main:main", run: "run-1", call: "call-1" };
const cost = (tokens: number) => {
  const input = Math.floor(tokens / 3);
  return { provider: "ollama", model: "fake", input, output: tokens - input, exact: true };
};

test("a reservation counts in full, then what was spent counts, also after a restart", async () => {
  await using store = await temporaryStore();
  const clock = clockAt(() => NOON);
  const usage = createModelUsage(store.db, clock);
  const first = usage.reserve(SPENDER, 60, 100);
  assert.ok(first !== null);
  assert.equal(usage.reserve(SPENDER, 41, 100), null);
  const second = usage.reserve(SPENDER, 40, 100);
  assert.equal(usage.spentToday("dice"), 100);
  usage.settle(first, cost(12));
  usage.release(second ?? 0);
  await store.reopen();
  assert.equal(createModelUsage(store.db, clock).spentToday("dice"), 12);
});

test("a day is UTC's: what was reserved before midnight counts for the day that it began in", async () => {
  await using store = await temporaryStore();
  let now = Date.parse("2026-11-27T23:59:59.999Z");
  const usage = createModelUsage(
    store.db,
    clockAt(() => now),
  );
  const late = usage.reserve(SPENDER, 100, 100);
  now += 1;
  assert.equal(usage.spentToday("dice"), 0);
  assert.ok(usage.reserve(SPENDER, 100, 100) !== null);
  usage.settle(late ?? 0, cost(90));
  assert.equal(usage.spentToday("dice"), 100);
});

type Step =
  | { readonly do: "reserve"; readonly plugin: string; readonly tokens: number }
  | { readonly do: "settle" | "release"; readonly which: number; readonly share: number }
  | { readonly do: "crash" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("reserve" as const),
    plugin: fc.constantFrom("a", "A", "ab"),
    tokens: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({
    do: fc.constantFrom("settle" as const, "release" as const),
    which: fc.nat(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.constant({ do: "crash" as const }),
);

test("no order of reserving, settling, failing and crashing spends more than the limit", async () => {
  await using store = await temporaryStore();
  const LIMIT = 100;
  let day = 0;
  await fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = clockAt(() => NOON + day * 86_400_000);
      day += 1;
      let usage = createModelUsage(store.db, clock);
      let open: { id: number; plugin: string; tokens: number }[] = [];
      /** What was truly spent or may yet be, by plugin: what a crash left open is never known. */
      const counts = new Map<string, number>();
      const add = (plugin: string, tokens: number) => counts.set(plugin, (counts.get(plugin) ?? 0) + tokens);
      for (const one of steps) {
        if (one.do === "crash") {
          open = [];
          usage = createModelUsage(store.db, clock);
        } else if (one.do === "reserve") {
          const { plugin, tokens } = one;
          const fits = (counts.get(plugin) ?? 0) + tokens <= LIMIT;
          const id = usage.reserve({ ...SPENDER, plugin }, tokens, LIMIT);
          assert.equal(id !== null, fits);
          if (id === null) continue;
          open.push({ id, plugin, tokens });
          add(plugin, tokens);
        } else {
          const [call] = open.splice(one.which % Math.max(1, open.length), 1);
          if (call === undefined) continue;
          const spent = one.do === "release" ? 0 : Math.floor(call.tokens * one.share);
          if (one.do === "release") usage.release(call.id);
          else usage.settle(call.id, cost(spent));
          add(call.plugin, spent - call.tokens);
        }
        for (const plugin of ["a", "A", "ab"]) {
          const spent = usage.spentToday(plugin);
          assert.equal(spent, counts.get(plugin) ?? 0);
          assert.ok(spent <= LIMIT);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a service that counts more than was reserved is believed, and nothing more fits that day", async () => {
  await using store = await temporaryStore();
  const usage = createModelUsage(
    store.db,
    clockAt(() => NOON),
  );
  usage.settle(usage.reserve(SPENDER, 50, 100) ?? 0, cost(130));
  assert.equal(usage.spentToday("dice"), 130);
  assert.equal(usage.reserve(SPENDER, 1, 100), null);
});

const TURN: TurnSpender = { session: "agent:main:main", run: "run-1", provider: "ollama", model: "fake" };

test("the agent's answers and the plugins' calls are summed by day, and no plugin's budget counts the agent's", async () => {
  await using store = await temporaryStore();
  let now = NOON;
  const priceOf = (provider: string) =>
    provider === "ollama" ? { input: 1_000_000, output: 2_000_000 } : null;
  const usage = createModelUsage(
    store.db,
    clockAt(() => now),
    { ...NO_RULES, priceOf },
  );
  const answer = (turn: TurnSpender = TURN) => {
    const pass = usage.reserveTurn(turn, 100, 100);
    assert.ok(pass.allowed);
    usage.settle(pass.reservation, { ...turn, input: 7, output: 2, exact: true });
  };
  answer();
  usage.settle(usage.reserve(SPENDER, 50, 100) ?? 0, cost(30));
  usage.reserve(SPENDER, 50, 100);
  now += 86_400_000;
  answer({ ...TURN, provider: "other" });
  assert.deepEqual(
    (await usage.since("2026-11-27")).map((day) => ({ ...day })),
    [
      { date: "2026-11-27", input: 17, output: 22, entries: 2, inputCost: 17, outputCost: 44, unpriced: 0 },
      { date: "2026-11-28", input: 7, output: 2, entries: 1, inputCost: 0, outputCost: 0, unpriced: 1 },
    ],
  );
  assert.equal((await usage.since("2026-11-28")).length, 1);
  assert.equal(usage.spentToday("dice"), 0);
  const [row] = store.db.all<object>("select plugin, agent, session, run, model from model_usage limit 1");
  const { session, run, model } = TURN;
  assert.deepEqual({ ...row }, { plugin: null, agent: "main", session, run, model });
});

test("what was reserved or settled before kill -9 counts after it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  const fixture = fileURLToPath(new URL("./reserve-until-killed.fixture.ts", import.meta.url));
  const writer = spawn(process.execPath, [fixture, path], { stdio: ["ignore", "pipe", "inherit"] });
  let told = 0;
  let steps = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    told = Number(line);
    // After the second reservation of a round: one is mid-call and will never be settled.
    if (++steps === 32) writer.kill("SIGKILL");
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, "exit");
  const store = await openAt(path);
  try {
    const rows = store.db.all<{ state: string; tokens: number }>("select state, tokens from model_usage");
    const open = rows.filter(({ state }) => state === "reserved");
    assert.ok(steps >= 32 && open.length > 0, `${steps} steps, ${open.length} open`);
    const left = rows.reduce((sum, { tokens }) => sum + tokens, 0);
    // At most one step came on the disk after the last that was told.
    assert.ok([told, told + 100, told - 60].includes(left), `${left} after ${told}`);
    const [day] = store.db.all<{ day: string }>("select day from model_usage order by id desc limit 1");
    const usage = createModelUsage(
      store.db,
      clockAt(() => Date.parse(day?.day ?? "")),
    );
    const spent = usage.spentToday("dice");
    assert.equal(usage.reserve(SPENDER, 1, spent), null);
    assert.ok(usage.reserve(SPENDER, 1, spent + 1) !== null);
  } finally {
    store.close();
  }
});
