import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addMonths, formatDay, isoWeek, parseDay, weekday, workingDays } from "./calendar.ts";

const day = fc.integer({ min: -700_000, max: 2_900_000 });

test("a date is written as it was read", () => {
  fc.assert(fc.property(day, (value) => parseDay(formatDay(value)) === value));
});

test("a day that the calendar does not have is refused by name", () => {
  for (const text of [
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "0000-01-01",
    "26-1-1",
    "tomorrow",
    "2026-04-31",
  ]) {
    assert.throws(() => parseDay(text), {
      name: "RangeError",
      message: new RegExp(`^"${text}" is not a date`),
    });
  }
  assert.equal(formatDay(parseDay("2024-02-29")), "2024-02-29");
});

test("a month later is the same day, or the last where there is none", () => {
  assert.equal(formatDay(addMonths(parseDay("2026-01-31"), 1)), "2026-02-28");
  assert.equal(formatDay(addMonths(parseDay("2024-01-31"), 1)), "2024-02-29");
  assert.equal(formatDay(addMonths(parseDay("2026-03-15"), -12)), "2025-03-15");
  assert.equal(formatDay(addMonths(parseDay("2026-12-01"), 1)), "2027-01-01");
});

test("weekdays and ISO weeks agree with the calendar on the wall", () => {
  assert.equal(weekday(parseDay("2026-11-23")), "Monday");
  assert.equal(isoWeek(parseDay("2026-11-23")), "2026-W48");
  assert.equal(isoWeek(parseDay("2027-01-01")), "2026-W53");
  assert.equal(isoWeek(parseDay("2024-12-30")), "2025-W01");
});

test("working days are what counting one by one gives", () => {
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 400 }), (from, length) => {
      let count = 0;
      for (let at = from + 1; at <= from + length; at++)
        if (!["Saturday", "Sunday"].includes(weekday(at))) count++;
      return (
        workingDays(from, from + length) === count &&
        workingDays(from + length, from) === (count === 0 ? 0 : -count)
      );
    }),
  );
});
