/**
 * `usage.cost` and `usage.status`: what models cost, in upstream's shapes.
 *
 * Tokens are those that the models' services counted, or the most that it can have been where they did not. Nothing here
 * knows a price: every entry counts as one whose cost is missing, and the sums of money are zero for that reason. Days
 * are UTC's. `usage.status` tells of subscriptions' windows, of which this host has none.
 */
import * as v from "valibot";
import type { Clock } from "#host/base/clock.ts";
import { dayOf } from "#host/base/day.ts";
import type { DayUsage } from "#host/base/usage.ts";
import type { UsagePort } from "#host/gateway/ports.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const DAYS_DEFAULT = 30;
const DAYS_MAX = 366;
const DAY_MS = 24 * 60 * 60_000;

const costParams = v.strictObject({
  days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(DAYS_MAX)), DAYS_DEFAULT),
});

export function usageMethods(usage: UsagePort, clock: Clock): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "usage.cost",
      scope: "operator.read",
      params: costParams,
      run: ({ days }) => cost(usage, clock.now(), days),
    }),
    defineMethod({
      name: "usage.status",
      scope: "operator.read",
      params: v.strictObject({}),
      run: async () => ({ updatedAt: clock.now(), providers: [] }),
    }),
  ];
}

async function cost(usage: UsagePort, now: number, days: number) {
  const dates = Array.from({ length: days }, (_none, at) => dayOf(now - (days - 1 - at) * DAY_MS));
  const known = new Map((await usage.since(dates[0] ?? dayOf(now))).map((day) => [day.date, day]));
  const daily = dates.map((date) => ({ date, ...sumOf(known.get(date)) }));
  const sum = (of: "input" | "output" | "missingCostEntries") =>
    daily.reduce((total, day) => total + day[of], 0);
  return {
    updatedAt: now,
    days,
    daily,
    totals: sumOf({ input: sum("input"), output: sum("output"), entries: sum("missingCostEntries") }),
    cacheStatus: { status: "fresh", cachedFiles: 0, pendingFiles: 0, staleFiles: 0 },
  };
}

function sumOf({ input, output, entries }: Omit<DayUsage, "date"> = { input: 0, output: 0, entries: 0 }) {
  return {
    input,
    output,
    cacheRead: 0,
    cacheWrite: 0,
    totalTokens: input + output,
    totalCost: 0,
    inputCost: 0,
    outputCost: 0,
    cacheReadCost: 0,
    cacheWriteCost: 0,
    missingCostEntries: entries,
  };
}
