/**
 * The global object as an EventTarget, with `error`, `unhandledrejection` and their handlers (HTML standard, 8.1.4).
 *
 * V8 tells of a rejection that nobody handled when it is too late to name the promise: the event has a promise of its
 * own that is rejected with a copy of the error, and `rejectionhandled` is never fired.
 */
import { logLine } from "./console.ts";
import { ErrorEvent, PromiseRejectionEvent } from "./event.ts";
import { adoptGlobal, EventTarget, fire } from "./event-target.ts";
import { defineHandlers } from "./event-handlers.ts";
import { describeThrown } from "./failure.ts";
import { useReporter } from "./report.ts";
import { wants } from "./web-idl.ts";
import type { PluginFailure } from "#host/pipe/protocol.ts";

let reporting = false;

export function reportError(thrown: unknown): void {
  wants(arguments.length, 1, "reportError");
  report(thrown);
}

/** Fires `error`; what nobody cancels is written to the plugin's console, and no other call fails for it. */
function report(thrown: unknown): void {
  const { name, message, stack } = describeThrown(thrown);
  const heard = reporting ? false : tell(thrown, message);
  if (!heard) logLine("error", `Uncaught ${name}: ${message}${stack === undefined ? "" : `\n${stack}`}`);
}

/** True if a listener took care of it. A listener that fails is reported without asking the listeners again. */
function tell(thrown: unknown, text: string): boolean {
  reporting = true;
  const isError = thrown instanceof Error;
  const message = `Uncaught ${isError ? `${String(thrown.name)}: ` : ""}${text}`;
  const event = new ErrorEvent("error", { message, error: thrown, cancelable: true, ...placeOf(thrown) });
  const kept = fire(globalThis, event);
  reporting = false;
  return !kept;
}

const PLACE = /(plugin:[^\s():]*|edge:[^\s():]*):(\d+):(\d+)/;

function placeOf(thrown: unknown): { filename?: string; lineno?: number; colno?: number } {
  const [, filename, line, column] = PLACE.exec(String((thrown as { stack?: unknown } | null)?.stack)) ?? [];
  return filename === undefined ? {} : { filename, lineno: Number(line), colno: Number(column) };
}

const KINDS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

/** The child's word that a promise was rejected and nobody handled it. */
export function reportRejection({ name, message, stack }: PluginFailure): void {
  const Kind = KINDS[name as keyof typeof KINDS] ?? Error;
  const reason = Object.assign(new Kind(message), { stack });
  if (!(name in KINDS)) Object.defineProperty(reason, "name", { value: name, configurable: true });
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  const event = new PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true });
  if (!fire(globalThis, event)) return;
  logLine("error", `Uncaught (in promise) ${name}: ${message}${stack === undefined ? "" : `\n${stack}`}`);
}

/** The global object inherits from EventTarget, and its own listeners are kept apart from the class's fields. */
export function makeGlobalTarget(): void {
  const prototype = Object.create(EventTarget.prototype, {
    [Symbol.toStringTag]: { value: "Global", configurable: true },
  }) as object;
  Object.setPrototypeOf(globalThis, prototype);
  adoptGlobal();
  useReporter(report);
  defineHandlers(globalThis, ["error", "unhandledrejection", "rejectionhandled"], () => {});
}
