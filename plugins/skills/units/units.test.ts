import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { convert, findUnit, formatNumber } from "./units.ts";

function answer(value: number, from: string, to: string): string {
  return formatNumber(convert(value, findUnit(from), findUnit(to)));
}

test("conversions come out as in the tables of NIST", () => {
  const cases: readonly (readonly [number, string, string, string])[] = [
    [1, "mi", "km", "1.609344"],
    [26.2, "miles", "km", "42.1648128"],
    [5, "ft", "cm", "152.4"],
    [212, "°F", "°C", "100"],
    [-40, "fahrenheit", "Celsius", "-40"],
    [0, "K", "C", "-273.15"],
    [2, "cups", "ml", "473.176473"],
    [1, "imp gallon", "l", "4.54609"],
    [10, "lb", "kg", "4.5359237"],
    [100, "km/h", "mph", "62.1371192237"],
    [1, "GiB", "MB", "1073.741824"],
    [8, "Mbit", "MB", "1"],
    [1, "kWh", "MJ", "3.6"],
    [1, "atm", "psi", "14.6959487755"],
    [180, "deg", "rad", "3.14159265359"],
    [1, "acre", "m2", "4046.8564224"],
    [1, "MB", "mb", "1"],
  ];
  for (const [value, from, to, wanted] of cases)
    assert.equal(answer(value, from, to), wanted, `${from} ${to}`);
});

test("kinds are kept apart, and what is unknown or cannot be is refused by name", () => {
  assert.throws(() => answer(1, "kg", "m"), /Cannot convert kg \(mass\) to m \(length\)/);
  assert.throws(() => answer(1, "furlongs", "m"), /"furlongs" is not a unit that is known here/);
  assert.throws(() => answer(1, "kilomet", "m"), /near it: .*kilometer/);
  assert.throws(() => answer(-300, "C", "F"), /below absolute zero/);
  assert.throws(() => answer(1e308, "km", "nm"), /too large/);
  assert.throws(() => answer(1, "constructor", "m"), /not a unit/);
});

test("there and back again is where one began, for every pair of units of a kind", () => {
  const names = [
    "m",
    "in",
    "ly",
    "l",
    "tsp",
    "kg",
    "oz",
    "s",
    "wk",
    "B",
    "Gbit",
    "J",
    "BTU",
    "K",
    "°C",
    "°F",
  ];
  const unit = fc.constantFrom(...names).map(findUnit);
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e6, noNaN: true }), unit, unit, (value, from, to) => {
      if (from.kind !== to.kind) return;
      const back = convert(convert(value, from, to), to, from);
      assert.ok(Math.abs(back - value) <= Math.max(1e-9 * value, 1e-9), `${back} is not ${value}`);
    }),
  );
});
