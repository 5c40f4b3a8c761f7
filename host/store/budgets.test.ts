import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Budgets, Price } from "#host/base/budget.ts";
import type { Denied } from "#host/base/decision.ts";
import { createModelUsage, NO_RULES, type Reserved, type TurnSpender } from "./model-usage.ts";
import { temporaryStore, type TemporaryStore } from "./temporary-store.fixture.ts";
import { createTranscript } from "./transcript.ts";

const NOON = Date.parse("2026-11-27T12:00:00Z");
const NONE = { tokens: null, usd: null };
const TURN: TurnSpender = { session: "agent:main:a", run: "r", provider: "p", model: "m" };
const PLUGIN = { plugin: "dice", session: "agent:main:b", run: "r", call: "c" };

function ledger(
  store: TemporaryStore,
  budgets: Partial<Budgets>,
  price: Price | null = { input: 1, output: 10 },
) {
  const time = { now: NOON };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const usage = createModelUsage(store.db, clock, {
    ...NO_RULES,
    budgets: () => ({ day: NONE, session: NONE, ...budgets }),
    priceOf: () => price,
  });
  return { usage, time, clock };
}

function refused(pass: Reserved | Denied): string {
  assert.ok(!pass.allowed, "it is refused");
  return `${pass.reason}. ${pass.fix}`;
}

function granted(pass: Reserved | Denied): Reserved {
  assert.ok(pass.allowed, "it is allowed");
  return pass;
}

test("the day's tokens bound every session and plugin together, and a new day begins anew", async () => {
  await using store = await temporaryStore();
  const { usage, time } = ledger(store, { day: { tokens: 2_000, usd: null } });
  assert.equal(granted(usage.reserveTurn(TURN, 500, 500)).maxTokens, 500);
  assert.equal(usage.ownersRefusal(PLUGIN, 300, 300), null);
  assert.ok(usage.reserve(PLUGIN, 600, 10_000) !== null);
  assert.match(
    usage.ownersRefusal(PLUGIN, 300, 300)?.reason ?? "",
    /the owner's budget has no room for this call$/,
  );
  const words = refused(usage.reserveTurn({ ...TURN, session: "agent:main:c" }, 200, null));
  assert.equal(
    words,
    'Cannot ask "p/m": today\'s budget is used up: 1600 of 2000 tokens are spent, and this call needs up to 456. ' +
      "Wait until 2026-11-28T00:00Z, or raise budgets.day in openclaw.json",
  );
  time.now += 86_400_000;
  assert.equal(
    granted(usage.reserveTurn(TURN, 200, null)).maxTokens,
    1_800,
    "the answer may take what is left",
  );
});

test("a conversation's budget ends with it: /new begins another, and other conversations have their own", async () => {
  await using store = await temporaryStore();
  const { usage, time, clock } = ledger(store, { session: { tokens: 1_000, usd: null } });
  const transcript = createTranscript(store.db, clock);
  await transcript.open(TURN.session, "main");
  granted(usage.reserveTurn(TURN, 300, 600));
  assert.match(refused(usage.reserveTurn(TURN, 100, null)), /this conversation's budget is used up.*\/new/);
  granted(usage.reserveTurn({ ...TURN, session: "agent:main:b" }, 100, null));
  time.now += 1_000;
  await transcript.startNew(TURN.session, "main");
  granted(usage.reserveTurn(TURN, 300, 600));
});

test("money is bounded by the prices of the configuration, and what has no price is refused", async () => {
  await using store = await temporaryStore();
  // A million tokens cost 1 dollar in and 10 out.
  const { usage } = ledger(store, { day: { tokens: null, usd: 0.05 } });
  const pass = granted(usage.reserveTurn(TURN, 10_000, null));
  assert.equal(pass.maxTokens, 4_000, "the prompt takes a cent, the answer may take four");
  usage.settle(pass.reservation, { ...TURN, input: 10_000, output: 1_000, exact: true });
  assert.match(refused(usage.reserveTurn(TURN, 40_000, null)), /\$0\.0200 of \$0\.05 are spent/);
  await using other = await temporaryStore();
  const unknown = ledger(other, { day: { tokens: null, usd: 1 } }, null);
  assert.match(refused(unknown.usage.reserveTurn(TURN, 1, null)), /its price is not known/);
  const free = ledger(other, { day: { tokens: null, usd: 1 } }, { input: 0, output: 0 });
  granted(free.usage.reserveTurn(TURN, 1_000_000, null));
});

test("no order of calls at the same time spends more than the day's budget, in tokens or in money", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          input: fc.nat(3_000),
          output: fc.integer({ min: 256, max: 4_000 }),
          share: fc.nat(100),
          ends: fc.boolean(),
        }),
        { maxLength: 30 },
      ),
      async (calls) => {
        await using store = await temporaryStore();
        const { usage } = ledger(store, { day: { tokens: 20_000, usd: 0.1 } });
        for (const { input, output, share, ends } of calls) {
          const pass = usage.reserveTurn(TURN, input, output);
          if (pass.allowed && ends) {
            const spent = Math.floor((output * share) / 100);
            usage.settle(pass.reservation, { ...TURN, input, output: spent, exact: true });
          }
          const [sum] = store.db.all<{ tokens: number; usd: number }>(
            "select coalesce(sum(tokens), 0) as tokens, coalesce(sum(input_cost + output_cost), 0.0) as usd from model_usage",
          );
          assert.ok((sum?.tokens ?? 0) <= 20_000 && (sum?.usd ?? 0) <= 0.1 + 1e-9, JSON.stringify(sum));
        }
      },
    ),
    { numRuns: 15 },
  );
});

test("what a call reserved counts after a restart, until it is settled or released", async () => {
  await using store = await temporaryStore();
  const budgets = { day: { tokens: 1_000, usd: null } };
  const { reservation } = granted(ledger(store, budgets).usage.reserveTurn(TURN, 500, 400));
  await store.reopen();
  const { usage } = ledger(store, budgets);
  refused(usage.reserveTurn(TURN, 500, 400));
  usage.release(reservation);
  granted(usage.reserveTurn(TURN, 500, 400));
});
