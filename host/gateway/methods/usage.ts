/**
 * `usage.cost` and `usage.status`: what models cost, in upstream's shapes.
 *
 * Tokens are those that the models' services counted, or the most that it can have been where they did not. Money is
 * what the configuration's prices of the time make of them; an entry of a model without a price counts as missing. Days
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
  const sum = (of: Exclude<keyof DayUsage, "date">) =>
    [...known.values()].reduce((total, day) => total + day[of], 0);
  return {
    updatedAt: now,
    days,
    daily,
    totals: sumOf({
      input: sum("input"),
      output: sum("output"),
      entries: sum("entries"),
      inputCost: sum("inputCost"),
      outputCost: sum("outputCost"),
      unpriced: sum("unpriced"),
    }),
    cacheStatus: { status: "fresh", cachedFiles: 0, pendingFiles: 0, staleFiles: 0 },
  };
}

const NOTHING = { input: 0, output: 0, entries: 0, inputCost: 0, outputCost: 0, unpriced: 0 };

function sumOf({ input, output, inputCost, outputCost, unpriced }: Omit<DayUsage, "date"> = NOTHING) {
  return {
    input,
    output,
    cacheRead: 0,
    cacheWrite: 0,
    totalTokens: input + output,
    totalCost: inputCost + outputCost,
    inputCost,
    outputCost,
    cacheReadCost: 0,
    cacheWriteCost: 0,
    missingCostEntries: unpriced,
  };
}
