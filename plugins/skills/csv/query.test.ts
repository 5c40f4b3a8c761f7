import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { numberOf, runQuery, type Table } from "./query.ts";

const sales: Table = {
  columns: ["day", "Shop", "amount"],
  rows: [
    ["2026-11-01", "North", "10.10"],
    ["2026-11-02", "South", "1,200.20"],
    ["2026-11-03", "North", "0.20"],
    ["2026-11-04", "East", "n/a"],
  ],
};

test("rows are filtered, by number where both are numbers, and columns are found whatever their case", () => {
  const days = (op: "<" | ">" | "=" | "contains", column: string, value: string) =>
    runQuery(sales, { columns: ["day"], where: [{ column, op, value }] }).rows.map(([day]) => day?.slice(-2));
  assert.deepEqual(days(">", "amount", "9"), ["01", "02"]);
  assert.deepEqual(days("<", "AMOUNT", "9"), ["03"]);
  assert.deepEqual(days("=", "amount", "10.1"), ["01"]);
  assert.deepEqual(days("contains", "shop", "OUT"), ["02"]);
  assert.deepEqual(days(">", "day", "2026-11-03"), ["04"]);
  assert.throws(() => days("=", "price", "1"), /no column "price"\. Columns: day, Shop, amount/);
});

test("sums, averages and counts are by group, and cells that are no numbers are counted, not taken as zero", () => {
  const answer = runQuery(sales, {
    groupBy: ["Shop"],
    aggregate: [{ fn: "count" }, { fn: "sum", column: "amount" }, { fn: "avg", column: "amount" }],
    sort: "-sum(amount)",
  });
  assert.deepEqual(answer.columns, ["Shop", "count", "sum(amount)", "avg(amount)"]);
  assert.deepEqual(answer.rows, [
    ["South", "1", "1200.2", "1200.2"],
    ["North", "2", "10.3", "5.15"],
    ["East", "1", "0", ""],
  ]);
  assert.equal(answer.notNumbers, 2);
  const none = runQuery(sales, {
    where: [{ column: "day", op: "=", value: "x" }],
    aggregate: [{ fn: "count" }],
  });
  assert.deepEqual(none.rows, [["0"]]);
  assert.deepEqual(runQuery(sales, { aggregate: [{ fn: "max", column: "day" }] }).rows, [["2026-11-04"]]);
  assert.throws(() => runQuery(sales, { aggregate: [{ fn: "sum" }] }), /"sum" needs a column/);
});

test("numbers are read as people write them, and nothing else is one", () => {
  const cells = [
    "1,234.5",
    "-3",
    "$12",
    "€ 7",
    "12%",
    "1e3",
    ".5",
    "1.",
    "",
    "1,2",
    "0x10",
    "1 2",
    "Infinity",
    "-",
  ];
  assert.deepEqual(cells.map(numberOf), [
    1234.5,
    -3,
    12,
    7,
    12,
    1000,
    0.5,
    1,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("a sum of cents is what whole numbers give, and groups add up to the whole", () => {
  const cents = fc.array(
    fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: -1_000_000, max: 1_000_000 })),
  );
  fc.assert(
    fc.property(cents, (given) => {
      const rows = given.map(([key, value]) => [key, (value / 100).toFixed(2)]);
      const table = { columns: ["key", "value"], rows };
      const aggregate = [{ fn: "sum" as const, column: "value" }];
      const total = given.reduce((sum, [, value]) => sum + value, 0);
      const [whole] = runQuery(table, { aggregate }).rows;
      assert.equal(Math.round(Number(whole?.[0]) * 100), total);
      const groups = runQuery(table, { aggregate, groupBy: ["key"] }).rows;
      assert.equal(Math.round(groups.reduce((sum, [, value]) => sum + Number(value), 0) * 100), total);
    }),
  );
});
