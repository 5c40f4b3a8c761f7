/** `node:assert`: the checks, over dequal for equality in depth. Loose equality in depth is strict here. */
import { dequal } from "dequal";
import { inspect } from "node:util";

type Matcher = RegExp | (new (...args: never[]) => unknown) | ((thrown: unknown) => boolean) | object;
type Message = string | Error | undefined;

interface Details {
  readonly message?: Message;
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator: string;
}

class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly generatedMessage: boolean;
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;

  constructor({ message, actual, expected, operator }: Details) {
    super(typeof message === "string" ? message : `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = "AssertionError";
    this.generatedMessage = message === undefined;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

function demand(holds: boolean, details: Details): void {
  if (holds) return;
  if (details.message instanceof Error) throw details.message;
  throw new AssertionError(details);
}

function comparison(operator: string, holds: (actual: unknown, expected: unknown) => boolean) {
  return (actual: unknown, expected: unknown, message?: Message) =>
    demand(holds(actual, expected), { actual, expected, message, operator });
}

function ok(value: unknown, message?: Message): void {
  demand(Boolean(value), { actual: value, expected: true, message, operator: "==" });
}

function matches(thrown: unknown, matcher: Matcher | undefined): boolean {
  if (matcher === undefined) return true;
  if (matcher instanceof RegExp) return matcher.test(String(thrown));
  if (typeof matcher === "function") {
    if (matcher.prototype !== undefined && thrown instanceof matcher) return true;
    if (Error.prototype.isPrototypeOf(matcher.prototype as object) || matcher === Error) return false;
    return (matcher as (value: unknown) => boolean)(thrown) === true;
  }
  return Object.entries(matcher).every(([key, expected]) => {
    const actual: unknown = (thrown as Record<string, unknown>)[key];
    return expected instanceof RegExp ? expected.test(String(actual)) : dequal(actual, expected);
  });
}

function checkThrown(thrown: unknown, matcher: Matcher | string | undefined, message: Message): void {
  if (typeof matcher === "string" || matches(thrown, matcher)) return;
  if (message === undefined) throw thrown;
  demand(false, { actual: thrown, expected: matcher, message, operator: "throws" });
}

function throws(body: () => unknown, matcher?: Matcher | string, message?: Message): void {
  try {
    body();
  } catch (thrown) {
    checkThrown(thrown, matcher, message);
    return;
  }
  demand(false, { message: message ?? "Missing expected exception.", operator: "throws" });
}

async function rejects(
  body: Promise<unknown> | (() => Promise<unknown>),
  matcher?: Matcher | string,
  message?: Message,
): Promise<void> {
  try {
    await (typeof body === "function" ? body() : body);
  } catch (thrown) {
    checkThrown(thrown, matcher, message);
    return;
  }
  demand(false, { message: message ?? "Missing expected rejection.", operator: "rejects" });
}

function fail(message: Message = "Failed"): never {
  throw message instanceof Error ? message : new AssertionError({ message, operator: "fail" });
}

const test = (text: string, pattern: RegExp) => pattern.test(text);
const strictEqual = comparison("===", Object.is);
const notStrictEqual = comparison("!==", (left, right) => !Object.is(left, right));
const deepStrictEqual = comparison("deepEqual", dequal);
const notDeepStrictEqual = comparison("notDeepEqual", (left, right) => !dequal(left, right));

const checks = {
  AssertionError,
  deepStrictEqual,
  doesNotMatch: comparison("doesNotMatch", (text, pattern) => !test(String(text), pattern as RegExp)),
  doesNotReject: async (body: () => Promise<unknown>) => void (await body()),
  doesNotThrow: (body: () => unknown) => void body(),
  fail,
  ifError: (value: unknown) => {
    if (value !== null && value !== undefined) throw value;
  },
  match: comparison("match", (text, pattern) => test(String(text), pattern as RegExp)),
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
};

const strict = Object.assign((value: unknown, message?: Message) => ok(value, message), checks, {
  deepEqual: deepStrictEqual,
  equal: strictEqual,
  notDeepEqual: notDeepStrictEqual,
  notEqual: notStrictEqual,
});

export default Object.assign((value: unknown, message?: Message) => ok(value, message), checks, {
  deepEqual: deepStrictEqual,
  // oxlint-disable-next-line eqeqeq -- it is what this check means.
  equal: comparison("==", (left, right) => left == right || (Number.isNaN(left) && Number.isNaN(right))),
  notDeepEqual: notDeepStrictEqual,
  // oxlint-disable-next-line eqeqeq -- it is what this check means.
  notEqual: comparison("!=", (left, right) => left != right),
  strict: Object.assign(strict, { strict }),
});
