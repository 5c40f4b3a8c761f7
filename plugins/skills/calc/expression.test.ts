import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { evaluate } from "./expression.ts";
import { add, divide, fraction, modulo, multiply, power, toDecimal } from "./fraction.ts";

function shown(text: string): string {
  const { text: decimal, isExact } = toDecimal(evaluate(text), 30);
  return isExact ? decimal : `~${decimal.slice(0, 12)}`;
}

test("expressions come out as by hand, exactly", () => {
  const cases: Readonly<Record<string, string>> = {
    "0.1 + 0.2": "0.3",
    "2 + 3 * 4": "14",
    "(2 + 3) * 4": "20",
    "-2^2": "-4",
    "2^3^2": "512",
    "2^-2": "0.25",
    "15% * 80": "12",
    "7 mod 3": "1",
    "-7 mod 3": "2",
    "5!": "120",
    "1.5e3 / 4": "375",
    "1/3": "~0.3333333333",
    "2/3": "~0.6666666666",
    "10 − 3 × 2": "4",
    "2**10": "1024",
    "0^0": "1",
    "0^5": "0",
    "(-1)^1000000": "1",
    ".5 * 4": "2",
    "99999999999999999999 + 1": "100000000000000000000",
  };
  for (const [text, wanted] of Object.entries(cases)) assert.equal(shown(text), wanted, text);
});

test("what cannot be worked out is refused with what is wrong and where", () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "1 / 0": /divide by zero/,
    "0^-1": /divide by zero/,
    "5 mod 0": /divide by zero/,
    "2 +": /number is missing at the end/,
    "2 * * 3": /before "\*" at place 5/,
    "(1 + 2": /"\)" is missing/,
    "1 2": /"2" at place 3 is not expected/,
    "two + 1": /"t" at place 1/,
    "2^0.5": /whole exponents/,
    "9^9^9": /too long/,
    "5000!": /too long/,
    "1e99999": /too large or small/,
    "1.5!": /factorial/,
    [`${"(".repeat(500)}1`]: /nested more than/,
    ["1+".repeat(1_500)]: /more than 2000 characters/,
  };
  for (const [text, wanted] of Object.entries(cases))
    assert.throws(() => evaluate(text), { name: "RangeError", message: wanted }, text);
});

const value = fc
  .tuple(fc.bigInt({ min: -1_000_000n, max: 1_000_000n }), fc.bigInt({ min: 1n, max: 10_000n }))
  .map(([above, below]) => fraction(above, below));

test("fractions keep the laws of arithmetic", () => {
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      assert.deepEqual(add(a, b), add(b, a));
      assert.deepEqual(multiply(a, add(b, c)), add(multiply(a, b), multiply(a, c)));
      assert.deepEqual(power(a, fraction(3n)), multiply(a, multiply(a, a)));
      if (b.above === 0n) return;
      assert.deepEqual(multiply(divide(a, b), b), a);
      const left = modulo(a, b);
      assert.equal(divide(add(a, { above: -left.above, below: left.below }), b).below, 1n);
    }),
  );
});

test("whole numbers come out as JavaScript's own, and any text ends in a number or a RangeError soon", () => {
  const whole = fc.integer({ min: -1_000, max: 1_000 });
  fc.assert(
    fc.property(whole, whole, whole, (a, b, c) => {
      assert.equal(shown(`(${a}) + (${b}) * (${c}) - ${Math.abs(a)}`), String(a + b * c - Math.abs(a)));
    }),
  );
  const parts = fc.constantFrom(
    "1",
    "9",
    ".5",
    "+",
    "-",
    "*",
    "/",
    "^",
    "(",
    ")",
    "%",
    "!",
    " mod ",
    "e",
    " ",
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 40 }), (text) => {
      const from = performance.now();
      try {
        evaluate(text.join(""));
      } catch (thrown) {
        assert.ok(thrown instanceof RangeError, String(thrown));
      }
      assert.ok(performance.now() - from < 1_000);
    }),
  );
});
