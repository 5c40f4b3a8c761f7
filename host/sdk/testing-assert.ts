/** `assert` of the testing kit: few, and each failure says both values. */

/** What a failed assertion throws. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** The assertions. Each throws an `AssertionError` that names both values. */
export interface Assert {
  /** Fails unless the value is true, or anything else that is not empty. */
  ok(value: unknown, message?: string): asserts value;
  /** Fails unless both are the same value (`Object.is`). */
  equal(actual: unknown, expected: unknown, message?: string): void;
  /** Fails unless both have the same shape and values: arrays, objects, maps, sets, dates and bytes are looked into. */
  deepEqual(actual: unknown, expected: unknown, message?: string): void;
  /** Fails unless the text fits the pattern. */
  match(text: string, pattern: RegExp, message?: string): void;
  /** Fails unless the promise rejects; its message must fit the pattern if one is given. */
  rejects(work: Promise<unknown> | (() => Promise<unknown>), pattern?: RegExp): Promise<void>;
}

const MAX_SHOWN_CHARS = 500;

/** See `Assert`. */
export const assert: Assert = {
  ok(value, message) {
    if (!value) fail(message ?? `Expected something, got ${show(value)}`);
  },
  equal(actual, expected, message) {
    if (!Object.is(actual, expected)) fail(message ?? `Expected ${show(expected)}, got ${show(actual)}`);
  },
  deepEqual(actual, expected, message) {
    const place = difference(actual, expected, "");
    if (place !== null)
      fail(`${message ?? `Expected ${show(expected)}, got ${show(actual)}`} (they differ at "${place}")`);
  },
  match(text, pattern, message) {
    if (!pattern.test(text)) fail(message ?? `Expected a text like ${pattern}, got ${show(text)}`);
  },
  async rejects(work, pattern = /(?:)/) {
    const outcome = await (typeof work === "function" ? work() : work).then(
      () => null,
      (thrown: unknown) => ({ message: thrown instanceof Error ? thrown.message : String(thrown) }),
    );
    if (outcome === null) fail("Expected a rejection, and it resolved");
    if (!pattern.test(outcome.message))
      fail(`Expected a rejection like ${pattern}, got ${show(outcome.message)}`);
  },
};

function fail(message: string): never {
  throw new AssertionError(message);
}

function show(value: unknown): string {
  const text = typeof value === "function" ? `function ${value.name}` : safeJson(value);
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
}

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_key, part: unknown) =>
        part instanceof Map || part instanceof Set ? [...part] : typeof part === "bigint" ? `${part}n` : part,
      ) ?? String(value)
    );
  } catch {
    return String(value);
  }
}

/** The first place where two values differ; null if they do not. Values with cycles are not for tests. */
function difference(a: unknown, b: unknown, at: string): string | null {
  if (Object.is(a, b)) return null;
  const here = at === "" ? "the whole" : at;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return here;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return here;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime() ? null : here;
  if ((a instanceof Map && b instanceof Map) || (a instanceof Set && b instanceof Set))
    return difference([...a], [...b], at);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const place = at === "" ? key : `${at}.${key}`;
    if (!Object.hasOwn(left, key) || !Object.hasOwn(right, key)) return place;
    const found = difference(left[key], right[key], place);
    if (found !== null) return found;
  }
  return null;
}
