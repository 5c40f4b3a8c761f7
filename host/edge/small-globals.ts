/** Globals of a few lines each. */
import { apply } from "./apply.ts";
import { clockOrigin, now } from "./clock.ts";
import { EventTarget } from "./event-target.ts";
import { reportException } from "./report.ts";
import {
  clear,
  entries,
  mark,
  measure,
  type PerformanceEntry,
  type PerformanceMark,
  type PerformanceMeasure,
} from "./user-timing.ts";
import { domString, shape, wants } from "./web-idl.ts";

/** Known only here: without it the constructors refuse. */
const MAKER = Symbol("maker");

export class Navigator {
  /** One product token, as WinterTC's minimum wants it. */
  readonly #userAgent = "OpenClaw-Edge";
  readonly #language = "en";
  readonly #languages = Object.freeze(["en"]);
  readonly #onLine = true;

  constructor(maker?: symbol) {
    if (maker !== MAKER) throw new TypeError("Illegal constructor");
  }

  get userAgent(): string {
    return this.#userAgent;
  }

  get language(): string {
    return this.#language;
  }

  get languages(): readonly string[] {
    return this.#languages;
  }

  get onLine(): boolean {
    return this.#onLine;
  }
}

/** High Resolution Time, section 8, and User Timing. */
export class Performance extends EventTarget {
  readonly #now = now;
  readonly #origin = clockOrigin;

  constructor(maker?: symbol) {
    if (maker !== MAKER) throw new TypeError("Illegal constructor");
    super();
  }

  now(): number {
    return this.#now();
  }

  get timeOrigin(): number {
    return this.#origin();
  }

  mark(name: unknown, options: unknown = undefined): PerformanceMark {
    this.#check();
    wants(arguments.length, 1, "performance.mark");
    return mark(name, options);
  }

  measure(
    name: unknown,
    startOrOptions: unknown = undefined,
    endMark: unknown = undefined,
  ): PerformanceMeasure {
    this.#check();
    wants(arguments.length, 1, "performance.measure");
    return measure(name, startOrOptions, endMark);
  }

  clearMarks(name: unknown = undefined): void {
    this.#check();
    clear("mark", name);
  }

  clearMeasures(name: unknown = undefined): void {
    this.#check();
    clear("measure", name);
  }

  getEntries(): PerformanceEntry[] {
    this.#check();
    return entries();
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    this.#check();
    wants(arguments.length, 1, "performance.getEntriesByType");
    return entries(domString(type));
  }

  getEntriesByName(name: unknown, type: unknown = undefined): PerformanceEntry[] {
    this.#check();
    wants(arguments.length, 1, "performance.getEntriesByName");
    return entries(type === undefined ? undefined : domString(type), domString(name));
  }

  /** Throws for any other object. */
  #check(): void {
    void this.#now;
  }

  toJSON(): object {
    return { timeOrigin: this.#origin() };
  }
}

for (const [name, target] of Object.entries({ Navigator, Performance })) {
  shape(name, target);
  Object.defineProperty(target, "length", { value: 0, configurable: true });
}

export const navigator = new Navigator(MAKER);
export const performance = new Performance(MAKER);

const settled = Promise.resolve();

export function queueMicrotask(callback: unknown): void {
  wants(arguments.length, 1, "queueMicrotask");
  if (typeof callback !== "function") {
    throw new TypeError("Cannot queue a microtask: the callback is not a function");
  }
  void runSoon(callback);
}

async function runSoon(callback: unknown): Promise<void> {
  await settled;
  try {
    apply(callback as () => void, undefined, []);
  } catch (thrown) {
    reportException(thrown);
  }
}
