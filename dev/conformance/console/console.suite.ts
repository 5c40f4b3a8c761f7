/** Console standard: the namespace object. What is printed is tested beside the runtime, where the lines arrive. */
import { is, ok, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";
import { CONSOLE } from "../interfaces.ts";

test("console is a namespace object", () => {
  const property = Object.getOwnPropertyDescriptor(globalThis, "console");
  same([property?.writable, property?.enumerable, property?.configurable], [true, false, true]);
  is(Object.prototype.toString.call(console), "[object console]");
  const prototype = Object.getPrototypeOf(console) as object;
  same([Reflect.ownKeys(prototype).length, Object.getPrototypeOf(prototype) === Object.prototype], [0, true]);
});

for (const name of CONSOLE) {
  test(`console.${name} is a method that needs no this and answers nothing`, () => {
    const method = Reflect.get(console, name) as (...args: unknown[]) => unknown;
    const property = Object.getOwnPropertyDescriptor(console, name);
    same([method.name, method.length, property?.enumerable, property?.writable], [name, 0, true, true]);
    is(name === "assert" ? method(true) : method(), undefined);
  });
}

test("labels are made texts, and what that throws comes out", () => {
  for (const name of ["count", "countReset", "time", "timeLog", "timeEnd"] as const) {
    const label = {
      toString() {
        throw new RangeError("mine");
      },
    };
    throws(RangeError, () => console[name](untyped(label)));
  }
});

test("values that throw when they are looked at do not throw out of console.log", () => {
  const hostile = {
    get a() {
      throw new Error("hostile");
    },
  };
  console.debug(hostile, Symbol("s"), 1n, () => {}, Object.create(null));
  console.debug("%s %d %i %f %o %O %c %%", "a", 1, 2.5, 3.5, {}, [], "css");
  ok(true);
});
