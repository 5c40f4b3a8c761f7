/**
 * The owner's budgets: what a call of a model may still cost, decided from the ledger's rows.
 *
 * Whoever calls, the agent or a plugin, all rows count, reservations in full. Where money is bounded, a model whose
 * price nobody knows is refused: what it costs could not be kept. Decides and reads; it is the caller that reserves, in
 * the same turn of the event loop.
 */
import { and, eq, gte, sql, type SQL } from "drizzle-orm";
import { modelUsage, sessions } from "#drizzle/sqlite/schema.ts";
import { costOf, type Bound, type Budgets, type Price } from "#host/base/budget.ts";
import type { Clock } from "#host/base/clock.ts";
import { dayOf, nextDay } from "#host/base/day.ts";
import { denied, type Denied } from "#host/base/decision.ts";
import { MODEL } from "#host/base/limits.ts";
import type { Database } from "./database.ts";

export interface CallFacts {
  readonly session: string | null;
  /** `provider/model`. */
  readonly model: string;
  /** Null where nobody knows it. */
  readonly price: Price | null;
  /** The most that the prompt can be. */
  readonly input: number;
  /** Tokens of answer that are asked for; null to be told how many there may be. */
  readonly output: number | null;
}

export interface CallPass {
  readonly allowed: true;
  /** Tokens that the answer may have; null where nothing bounds it. */
  readonly output: number | null;
}

export type DecideCall = (facts: CallFacts) => CallPass | Denied;

/** A shorter answer is of no use. */
const LEAST_ANSWER = 256;

export function createDecideCall(db: Database, clock: Clock, budgets: () => Budgets): DecideCall {
  const spentWhere = (where: SQL | undefined): Spent => {
    const row = db
      .select({
        tokens: sql<number>`coalesce(sum(${modelUsage.tokens}), 0)`,
        usd: sql<number>`coalesce(sum(${modelUsage.inputCost} + ${modelUsage.outputCost}), 0)`,
      })
      .from(modelUsage)
      .where(where)
      .get();
    return row ?? { tokens: 0, usd: 0 };
  };
  const sessionSpent = (key: string): Spent => {
    const begun = db
      .select({ at: sessions.createdAt })
      .from(sessions)
      .where(and(eq(sessions.key, key), sql`${sessions.current} = 1`))
      .get();
    return spentWhere(and(eq(modelUsage.session, key), gte(modelUsage.at, begun?.at ?? 0)));
  };
  return (facts) => {
    const { day, session } = budgets();
    const dayEnds = new Date(nextDay(clock.now())).toISOString().replace(":00.000Z", "Z");
    const limits: Limit[] = [];
    if (isBounded(day)) {
      const spent = () => spentWhere(eq(modelUsage.day, dayOf(clock.now())));
      limits.push({
        name: "today's budget",
        key: "budgets.day",
        bound: day,
        spent: spent(),
        wait: `Wait until ${dayEnds}`,
      });
    }
    if (isBounded(session) && facts.session !== null) {
      const spent = sessionSpent(facts.session);
      const wait = "Begin a new conversation (/new)";
      limits.push({
        name: "this conversation's budget",
        key: "budgets.session",
        bound: session,
        spent,
        wait,
      });
    }
    let output = facts.output;
    for (const limit of limits) {
      const left = leftIn(limit, facts);
      if ("reason" in left) return left;
      if (left.tokens < (facts.output ?? LEAST_ANSWER)) return overBudget(limit, facts);
      output = Math.min(output ?? MODEL.maxAnswerTokens, left.tokens);
    }
    return { allowed: true, output };
  };
}

interface Spent {
  readonly tokens: number;
  readonly usd: number;
}

interface Limit {
  readonly name: string;
  readonly key: string;
  readonly bound: Bound;
  readonly spent: Spent;
  readonly wait: string;
}

function isBounded({ tokens, usd }: Bound): boolean {
  return tokens !== null || usd !== null;
}

/** Tokens of answer that the limit has room for, the prompt taken off. */
function leftIn(
  { bound, spent, key }: Limit,
  { price, input, model }: CallFacts,
): { readonly tokens: number } | Denied {
  const byTokens = bound.tokens === null ? Number.POSITIVE_INFINITY : bound.tokens - spent.tokens - input;
  if (bound.usd === null) return { tokens: byTokens };
  if (price === null) {
    return denied(
      `Cannot ask "${model}": ${key}.usd bounds what models cost, and its price is not known`,
      "Write its cost under models.providers, as {input, output} in dollars for a million tokens",
    );
  }
  const usd = bound.usd - spent.usd - costOf(input, price.input);
  const free = usd >= 0 ? Number.POSITIVE_INFINITY : 0;
  const byMoney = price.output === 0 ? free : Math.floor((usd / price.output) * 1_000_000);
  return { tokens: Math.min(byTokens, byMoney) };
}

function overBudget(
  { name, key, bound, spent, wait }: Limit,
  { model, input, output, price }: CallFacts,
): Denied {
  const most = input + (output ?? LEAST_ANSWER);
  const parts: string[] = [];
  if (bound.tokens !== null)
    parts.push(`${spent.tokens} of ${bound.tokens} tokens are spent, and this call needs up to ${most}`);
  if (bound.usd !== null && price !== null) {
    const usd = costOf(input, price.input) + costOf(most - input, price.output);
    parts.push(
      `$${spent.usd.toFixed(4)} of $${bound.usd} are spent, and this call needs up to $${usd.toFixed(4)}`,
    );
  }
  return denied(
    `Cannot ask "${model}": ${name} is used up: ${parts.join("; ")}`,
    `${wait}, or raise ${key} in openclaw.json`,
  );
}
