/**
 * What models were asked and what it cost (`TokenLedger` of host/broker): reserved before it is spent, then settled.
 *
 * Every call is one transaction that is on the disk when it returns, so that a kill leaves a reservation, which counts
 * in full. Nobody else writes this table while the host has its lock. Rows stay when a plugin is removed: dropping it
 * in again is no new budget.
 */
import { and, count, eq, gte, sql } from "drizzle-orm";
import { modelUsage } from "#drizzle/sqlite/schema.ts";
import type { Clock } from "#host/base/clock.ts";
import { dayOf } from "#host/base/day.ts";
import { costOf, NO_BUDGETS, type Budgets, type Price } from "#host/base/budget.ts";
import { denied, type Denied } from "#host/base/decision.ts";
import { MODEL } from "#host/base/limits.ts";
import type { DayUsage } from "#host/base/usage.ts";
import { createDecideCall } from "./budgets.ts";
import type { Database } from "./database.ts";

/** Who has a call made, as the host knows it. */
export interface Spender {
  readonly plugin: string;
  readonly session: string | null;
  readonly run: string | null;
  readonly call: string | null;
}

/** What a call cost. */
export interface ModelUse {
  readonly provider: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
  /** Whether the model's service counted. */
  readonly exact: boolean;
}

/** A call of the agent's own. */
export interface TurnSpender {
  readonly session: string;
  readonly run: string;
  readonly provider: string;
  readonly model: string;
}

export interface UsageRules {
  readonly budgets: () => Budgets;
  /** Null where nobody knows it. */
  readonly priceOf: (provider: string, model: string) => Price | null;
  /** Which model a plugin's call would go to. */
  readonly modelOf: (session: string | null) => Pick<TurnSpender, "provider" | "model">;
}

/** A call that may be made. */
export interface Reserved {
  readonly allowed: true;
  readonly reservation: number;
  /** Tokens that its answer may have; null where nothing bounds it. */
  readonly maxTokens: number | null;
}

export interface ModelUsage {
  /** What is settled since this day, `2026-11-27`; days without any are left out. */
  since(day: string): Promise<readonly DayUsage[]>;
  /** Tokens that count against a plugin's budget of today. */
  spentToday(plugin: string): number;
  /** Why the owner's budgets have no room for a plugin's call; null if they have. */
  ownersRefusal(spender: Pick<Spender, "session">, input: number, output: number): Denied | null;
  /** The reservation's number; null, and nothing is reserved, where it would pass `limit`. */
  reserve(spender: Spender, tokens: number, limit: number): number | null;
  /** For a call of the agent's own. `output` is what it asks for; null for as much as there may be. */
  reserveTurn(spender: TurnSpender, input: number, output: number | null): Reserved | Denied;
  settle(reservation: number, use: ModelUse): void;
  /** Nothing was spent. */
  release(reservation: number): void;
}

const OWNERS_REASON = "Cannot call the model: the owner's budget has no room for this call";
const OWNERS_FIX = "Send less, or wait; the owner's budgets stand in openclaw.json";

export const NO_RULES: UsageRules = {
  budgets: () => NO_BUDGETS,
  priceOf: () => null,
  modelOf: () => ({ provider: "", model: "" }),
};

export function createModelUsage(db: Database, clock: Clock, rules: UsageRules = NO_RULES): ModelUsage {
  const queries = prepare(db);
  const decide = createDecideCall(db, clock, rules.budgets);
  const spentOn = (plugin: string, day: string) => queries.sum.get({ plugin, day })?.tokens ?? 0;
  const costs = (price: Price | null, input: number, output: number) => ({
    inputCost: price === null ? null : costOf(input, price.input),
    outputCost: price === null ? null : costOf(output, price.output),
  });
  const factsOf = (spender: Pick<TurnSpender, "provider" | "model">, session: string | null) => ({
    session,
    model: `${spender.provider}/${spender.model}`,
    price: rules.priceOf(spender.provider, spender.model),
  });
  return {
    async since(day) {
      return queries.byDay.all({ day });
    },

    spentToday: (plugin) => spentOn(plugin, dayOf(clock.now())),

    ownersRefusal({ session }, input, output) {
      const decision = decide({ ...factsOf(rules.modelOf(session), session), input, output });
      // A plugin learns neither which model the owner uses nor what it costs.
      return decision.allowed ? null : denied(OWNERS_REASON, OWNERS_FIX);
    },

    reserve(spender, tokens, limit) {
      const at = clock.now();
      const { provider, model } = rules.modelOf(spender.session);
      const price = rules.priceOf(provider, model);
      // What of it is input is not known here: all of it at the higher price.
      const cost = price === null ? null : costOf(tokens, Math.max(price.input, price.output));
      const row = { ...spender, at, day: dayOf(at), agent: agentOf(spender.session), tokens };
      return db.transaction(
        () => {
          if (spentOn(spender.plugin, row.day) + tokens > limit) return null;
          const priced = { inputCost: cost, outputCost: cost === null ? null : 0 };
          return Number(queries.reserve.run({ ...row, ...priced }).lastInsertRowid);
        },
        { behavior: "immediate" },
      );
    },

    reserveTurn(spender, input, output) {
      const { session, run, provider, model } = spender;
      const facts = factsOf(spender, session);
      return db.transaction(
        () => {
          const decision = decide({ ...facts, input, output });
          if (!decision.allowed) return decision;
          const most = decision.output ?? MODEL.maxAnswerTokens;
          const at = clock.now();
          const who = { plugin: null, agent: agentOf(session), session, run, call: null };
          const priced = costs(facts.price, input, most);
          const row = { ...who, at, day: dayOf(at), tokens: input + most, ...priced };
          const reservation = Number(queries.reserve.run(row).lastInsertRowid);
          db.update(modelUsage).set({ provider, model }).where(eq(modelUsage.id, reservation)).run();
          return { allowed: true, reservation, maxTokens: decision.output };
        },
        { behavior: "immediate" },
      );
    },

    settle(reservation, { provider, model, input, output, exact }) {
      const priced = costs(rules.priceOf(provider, model), input, output);
      const cost = { input, output, tokens: input + output, exact, ...priced };
      db.update(modelUsage)
        .set({ provider, model, ...cost, state: "settled" })
        .where(eq(modelUsage.id, reservation))
        .run();
    },

    release(reservation) {
      db.delete(modelUsage).where(eq(modelUsage.id, reservation)).run();
    },
  };
}

/** `agent:main:main` is a session of the agent `main`. */
function agentOf(session: string | null): string | null {
  return session === null ? null : (/^agent:([^:]+):/.exec(session)?.[1] ?? null);
}

function prepare(db: Database) {
  const given = (name: string) => sql.placeholder(name);
  const { plugin, day, tokens, input, output, inputCost, outputCost, state } = modelUsage;
  const total = (column: typeof input | typeof output) => sql<number>`sum(${column})`;
  const dollars = (column: typeof inputCost | typeof outputCost) =>
    sql<number>`coalesce(sum(${column}), 0.0)`;
  return {
    byDay: db
      .select({
        date: day,
        input: total(input),
        output: total(output),
        entries: count(),
        inputCost: dollars(inputCost),
        outputCost: dollars(outputCost),
        unpriced: sql<number>`sum(${inputCost} is null)`,
      })
      .from(modelUsage)
      .where(and(gte(day, given("day")), eq(state, "settled")))
      .groupBy(day)
      .orderBy(day)
      .prepare(),
    sum: db
      .select({ tokens: sql<number>`coalesce(sum(${tokens}), 0)` })
      .from(modelUsage)
      .where(and(eq(plugin, given("plugin")), eq(day, given("day"))))
      .prepare(),
    reserve: db
      .insert(modelUsage)
      .values({
        day: given("day"),
        at: given("at"),
        plugin: given("plugin"),
        agent: given("agent"),
        session: given("session"),
        run: given("run"),
        call: given("call"),
        state: "reserved",
        input: 0,
        output: 0,
        tokens: given("tokens"),
        inputCost: given("inputCost"),
        outputCost: given("outputCost"),
        exact: false,
      })
      .prepare(),
  };
}
