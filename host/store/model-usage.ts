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
import type { DayUsage, TurnUsage } from "#host/base/usage.ts";
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

export interface ModelUsage {
  /** An answer of the agent's own, which no budget bounds. */
  record(turn: TurnUsage): void;
  /** What is settled since this day, `2026-11-27`; days without any are left out. */
  since(day: string): Promise<readonly DayUsage[]>;
  /** Tokens that count against a plugin's budget of today. */
  spentToday(plugin: string): number;
  /** The reservation's number; null, and nothing is reserved, where it would pass `limit`. */
  reserve(spender: Spender, tokens: number, limit: number): number | null;
  settle(reservation: number, use: ModelUse): void;
  /** Nothing was spent. */
  release(reservation: number): void;
}

export function createModelUsage(db: Database, clock: Clock): ModelUsage {
  const queries = prepare(db);
  const spentOn = (plugin: string, day: string) => queries.sum.get({ plugin, day })?.tokens ?? 0;
  return {
    record({ session, run, provider, model, input, output }) {
      const at = clock.now();
      const who = { plugin: null, agent: agentOf(session), session, run, call: null };
      const cost = { input, output, tokens: input + output, exact: true };
      db.insert(modelUsage)
        .values({ day: dayOf(at), at, ...who, provider, model, state: "settled", ...cost })
        .run();
    },

    async since(day) {
      return queries.byDay.all({ day });
    },

    spentToday: (plugin) => spentOn(plugin, dayOf(clock.now())),

    reserve(spender, tokens, limit) {
      const at = clock.now();
      const row = { ...spender, at, day: dayOf(at), agent: agentOf(spender.session), tokens };
      return db.transaction(
        () => {
          if (spentOn(spender.plugin, row.day) + tokens > limit) return null;
          return Number(queries.reserve.run(row).lastInsertRowid);
        },
        { behavior: "immediate" },
      );
    },

    settle(reservation, { provider, model, input, output, exact }) {
      const cost = { input, output, tokens: input + output, exact };
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
  const { plugin, day, tokens, input, output, state } = modelUsage;
  const total = (column: typeof input | typeof output) => sql<number>`sum(${column})`;
  return {
    byDay: db
      .select({ date: day, input: total(input), output: total(output), entries: count() })
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
        exact: false,
      })
      .prepare(),
  };
}
