/** What a conformance suite asserts with. Each throws an Error that shows what was there and what was expected. */

type ErrorClass = abstract new (...args: never[]) => Error;

export function fail(reason: string): never {
  throw new Error(reason);
}

export function ok(value: unknown, what = "the value"): void {
  if (!value) fail(`${what} is ${show(value)}`);
}

/** The same primitive or the same object (`Object.is`). */
export function is(actual: unknown, expected: unknown, what = "the value"): void {
  if (!Object.is(actual, expected)) fail(`${what} is ${show(actual)}, expected ${show(expected)}`);
}

/** Equal in depth: arrays, plain objects, bytes, maps, sets, dates and primitives. */
export function same(actual: unknown, expected: unknown, what = "the value"): void {
  if (!isSame(actual, expected)) fail(`${what} is ${show(actual)}, expected ${show(expected)}`);
}

/** Throws exactly this class of error (or one below it), or an error of this name. */
export function throws(expected: ErrorClass | string, body: () => unknown): unknown {
  let thrown: unknown;
  try {
    body();
  } catch (caught) {
    thrown = caught;
    checkError(expected, thrown);
    return thrown;
  }
  return fail(`nothing was thrown, expected ${nameOf(expected)}`);
}

/** A promise that is rejected with this class of error, or an error of this name. Answers the error. */
export async function rejects(expected: ErrorClass | string, promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  if ("value" in outcome) fail(`the promise was fulfilled, expected ${nameOf(expected)}`);
  checkError(expected, outcome.reason);
  return outcome.reason;
}

/** Throws a DOMException of this name (and of its legacy code, if it has one). */
export function throwsDom(name: string, body: () => unknown): void {
  checkDomException(name, throws(name, body));
}

export async function rejectsDom(name: string, promise: Promise<unknown>): Promise<void> {
  checkDomException(name, await rejects(name, promise));
}

/** Throws this very value. */
export function throwsExactly(value: unknown, body: () => unknown): void {
  try {
    body();
  } catch (thrown) {
    is(thrown, value, "what was thrown");
    return;
  }
  fail(`nothing was thrown, expected ${show(value)}`);
}

export async function rejectsExactly(value: unknown, promise: Promise<unknown>): Promise<void> {
  await promise.then(
    () => fail(`the promise was fulfilled, expected ${show(value)} as its reason`),
    (reason: unknown) => is(reason, value, "the reason"),
  );
}

/** Asks for a wrong type on purpose: what the compiler would refuse, the runtime must. */
export function untyped(value: unknown): never {
  return value as never;
}

function checkDomException(name: string, thrown: unknown): void {
  if (!(thrown instanceof DOMException))
    fail(`a ${name} was thrown that is no DOMException: ${show(thrown)}`);
  const code = LEGACY_CODES.indexOf(name);
  is(thrown.code, code < 0 ? 0 : code + 1, `the code of ${name}`);
}

/** Web IDL, section 2.8.1: an error's code is its place in this list. Empty names are of codes no longer used. */
const LEGACY_CODES = [
  "IndexSizeError",
  "",
  "HierarchyRequestError",
  "WrongDocumentError",
  "InvalidCharacterError",
  "",
  "NoModificationAllowedError",
  "NotFoundError",
  "NotSupportedError",
  "InUseAttributeError",
  "InvalidStateError",
  "SyntaxError",
  "InvalidModificationError",
  "NamespaceError",
  "InvalidAccessError",
  "",
  "TypeMismatchError",
  "SecurityError",
  "NetworkError",
  "AbortError",
  "URLMismatchError",
  "",
  "TimeoutError",
  "InvalidNodeTypeError",
  "DataCloneError",
];

function checkError(expected: ErrorClass | string, thrown: unknown): void {
  if (typeof expected === "string") {
    const name = (thrown as { name?: unknown } | null)?.name;
    if (name !== expected) fail(`${show(thrown)} was thrown, expected a ${expected}`);
  } else if (!(thrown instanceof expected)) fail(`${show(thrown)} was thrown, expected a ${expected.name}`);
}

function nameOf(expected: ErrorClass | string): string {
  return typeof expected === "string" ? expected : expected.name;
}

function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  if (left instanceof Date) return left.getTime() === (right as Date).getTime();
  if (left instanceof ArrayBuffer) return isSame(new Uint8Array(left), new Uint8Array(right as ArrayBuffer));
  if (left instanceof Map || left instanceof Set) return isSame([...left], [...(right as Set<unknown>)]);
  const keys = Reflect.ownKeys(left);
  if (keys.length !== Reflect.ownKeys(right).length) return false;
  return keys.every((key) => isSame(Reflect.get(left, key), Reflect.get(right, key)));
}

export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (ArrayBuffer.isView(value)) return `${Object.prototype.toString.call(value)} ${String(value)}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
