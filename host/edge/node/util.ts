/**
 * `node:util`. `inspect` and `format` are Node's own, extracted; equality in depth is dequal's. Not there: `parseArgs`,
 * `MIMEType`, system errors, call sites.
 */
import { dequal } from "dequal";
import { format, formatWithOptions, inspect, stripVTControlCharacters } from "node-inspect-extracted";
import types from "node:util/types";
import { absent } from "./absent.ts";

type Function = (...args: never[]) => unknown;
type Callback = (error: unknown, value?: unknown) => void;

const custom = Symbol.for("nodejs.util.promisify.custom");

function promisify(original: Function): Function {
  const own = (original as { [custom]?: Function })[custom];
  if (own !== undefined) return own;
  function promised(this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done: Callback = (error, value) => (error ? reject(error) : resolve(value));
      Reflect.apply(original, this, [...args, done]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original) as object);
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}

function callbackify(original: Function): Function {
  if (typeof original !== "function") throw new TypeError('The "original" argument must be of type function');
  return function (this: unknown, ...args: unknown[]): void {
    const done = args.pop() as Callback;
    const promise = Reflect.apply(original, this, args) as Promise<unknown>;
    // Out of the promise, so that what the callback throws is no rejection.
    promise.then(
      (value) => queueMicrotask(() => done(null, value)),
      (reason: unknown) => queueMicrotask(() => done(reason ?? falsyReason(reason))),
    );
  };
}

function falsyReason(reason: unknown): Error {
  return Object.assign(new Error("Promise was rejected with falsy value"), {
    code: "ERR_FALSY_VALUE_REJECTION",
    reason,
  });
}

function deprecate(original: Function, message: string, code?: string): Function {
  let warned = false;
  return function (this: unknown, ...args: unknown[]): unknown {
    if (!warned) console.warn(`${code === undefined ? "" : `[${code}] `}DeprecationWarning: ${message}`);
    warned = true;
    return new.target === undefined
      ? Reflect.apply(original, this, args)
      : (Reflect.construct(original, args, new.target) as unknown);
  };
}

function inherits(child: Function, parent: Function): void {
  Object.defineProperty(child, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(child.prototype as object, parent.prototype as object);
}

/** There is no environment that could ask for it. */
function debuglog(): Function {
  return Object.assign(() => {}, { enabled: false });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Colours are for terminals, and there is none. */
const styleText = (_style: unknown, text: string) => text;

const isType = (name: string) => (value: unknown) => typeof value === name;
const isObject = (value: unknown) => typeof value === "object" && value !== null;

export default {
  TextDecoder,
  TextEncoder,
  MIMEType: absent("util.MIMEType", "it is not there"),
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray: Array.isArray,
  isBoolean: isType("boolean"),
  isBuffer: (value: unknown) => Buffer.isBuffer(value),
  isDate: types.isDate,
  isDeepStrictEqual: (left: unknown, right: unknown) => dequal(left, right),
  isError: (value: unknown) => value instanceof Error,
  isFunction: isType("function"),
  isNull: (value: unknown) => value === null,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isNumber: isType("number"),
  isObject,
  isPrimitive: (value: unknown) => !isObject(value) && typeof value !== "function",
  isRegExp: types.isRegExp,
  isString: isType("string"),
  isSymbol: isType("symbol"),
  isUndefined: isType("undefined"),
  log: (...args: unknown[]) => console.log(format(...args)),
  promisify: Object.assign(promisify, { custom }),
  stripVTControlCharacters,
  styleText,
  toUSVString: (text: unknown) => String(text).toWellFormed(),
  types,
  _extend: (target: object, source: object) => Object.assign(target, source),
};
