/**
 * `performance.mark` and `performance.measure` with their entries (User Timing Level 3; Performance Timeline, section 3).
 *
 * The entries lie in the isolate's memory. Past a bound the oldest go: nobody is to run out of memory by measuring.
 */
import { now } from "./clock.ts";
import { structuredClone } from "./structured-clone.ts";
import { dictionary, domString, shape, wants } from "./web-idl.ts";

const MAX_ENTRIES = 10_000;
/** Known only here: without it the constructors refuse. */
const MAKER = Symbol("maker");
let timeline: PerformanceEntry[] = [];

export class PerformanceEntry {
  readonly #name: string;
  readonly #entryType: string;
  readonly #startTime: number;
  readonly #duration: number;

  constructor(...given: readonly unknown[]) {
    const [maker, name, entryType, startTime, duration] = given;
    if (maker !== MAKER) throw new TypeError("Illegal constructor");
    this.#name = name as string;
    this.#entryType = entryType as string;
    this.#startTime = startTime as number;
    this.#duration = duration as number;
  }

  get name(): string {
    return this.#name;
  }

  get entryType(): string {
    return this.#entryType;
  }

  get startTime(): number {
    return this.#startTime;
  }

  get duration(): number {
    return this.#duration;
  }

  toJSON(): object {
    return {
      name: this.#name,
      entryType: this.#entryType,
      startTime: this.#startTime,
      duration: this.#duration,
    };
  }
}

export class PerformanceMark extends PerformanceEntry {
  readonly #detail: unknown;

  constructor(markName: unknown, options: unknown = undefined) {
    wants(arguments.length, 1, "the constructor of PerformanceMark");
    const { detail, startTime } = dictionary(options, "the constructor of PerformanceMark");
    const start = startTime === undefined ? now() : timeOf(startTime);
    super(MAKER, domString(markName), "mark", start, 0);
    this.#detail = copyOf(detail);
  }

  get detail(): unknown {
    return this.#detail;
  }
}

export class PerformanceMeasure extends PerformanceEntry {
  readonly #detail: unknown;

  constructor(...given: readonly unknown[]) {
    const [maker, name, start, end, detail] = given;
    super(maker, name, "measure", start, Number(end) - Number(start));
    this.#detail = detail;
  }

  get detail(): unknown {
    return this.#detail;
  }
}

shape("PerformanceEntry", PerformanceEntry);
shape("PerformanceMark", PerformanceMark);
shape("PerformanceMeasure", PerformanceMeasure);

export function mark(name: unknown, options: unknown): PerformanceMark {
  return kept(new PerformanceMark(name, options));
}

/** From a mark, a time or the clock's begin, to another or to now; also by `{start, end, duration, detail}`. */
export function measure(name: unknown, startOrOptions: unknown, endMark: unknown): PerformanceMeasure {
  const text = domString(name);
  const isOptions = typeof startOrOptions === "object" && startOrOptions !== null;
  if (isOptions) return measureBy(text, startOrOptions as MeasureOptions, endMark);
  const end = endMark === undefined ? now() : placeOf(domString(endMark));
  const start = startOrOptions === undefined ? 0 : placeOf(domString(startOrOptions));
  return kept(new PerformanceMeasure(MAKER, text, start, end, null));
}

type MeasureOptions = Readonly<Partial<Record<"detail" | "duration" | "end" | "start", unknown>>>;

function measureBy(name: string, options: MeasureOptions, endMark: unknown): PerformanceMeasure {
  const { detail, duration, end, start } = options;
  checkOptions(options, endMark);
  const length = duration === undefined ? undefined : timeOf(duration);
  const first = start === undefined ? undefined : placeOf(start);
  const given = endMark ?? end;
  const last = given === undefined ? undefined : placeOf(given);
  const to = last ?? (first !== undefined && length !== undefined ? first + length : now());
  const from = first ?? (length === undefined ? 0 : to - length);
  return kept(new PerformanceMeasure(MAKER, name, from, to, copyOf(detail)));
}

function checkOptions({ detail, duration, end, start }: MeasureOptions, endMark: unknown): void {
  if ([detail, duration, end, start].every((each) => each === undefined)) return;
  if (endMark !== undefined) throw new TypeError("Cannot measure: its end is given beside its options");
  if (start === undefined && end === undefined)
    throw new TypeError("Cannot measure: it wants a start or an end");
  if (start !== undefined && end !== undefined && duration !== undefined) {
    throw new TypeError("Cannot measure: start, end and duration are too many");
  }
}

/** In the order of their start. */
export function entries(entryType?: unknown, name?: unknown): PerformanceEntry[] {
  return timeline
    .filter(
      (each) =>
        (entryType === undefined || each.entryType === entryType) &&
        (name === undefined || each.name === name),
    )
    .toSorted((one, other) => one.startTime - other.startTime);
}

export function clear(entryType: "mark" | "measure", name: unknown): void {
  const wanted = name === undefined ? undefined : domString(name);
  timeline = timeline.filter(
    (each) => each.entryType !== entryType || (wanted !== undefined && each.name !== wanted),
  );
}

function kept<Entry extends PerformanceEntry>(entry: Entry): Entry {
  timeline.push(entry);
  if (timeline.length > MAX_ENTRIES) timeline.shift();
  return entry;
}

/** A time, or the newest mark of that name. */
function placeOf(place: unknown): number {
  if (typeof place === "number") return timeOf(place);
  const name = domString(place);
  const found = timeline.findLast((each) => each.entryType === "mark" && each.name === name);
  if (found !== undefined) return found.startTime;
  throw new DOMException(`Cannot measure: there is no mark ${JSON.stringify(name)}`, "SyntaxError");
}

function timeOf(value: unknown): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new TypeError("Cannot take the time: it is not a finite number");
  if (number < 0) throw new TypeError("Cannot take the time: it is less than zero");
  return number;
}

function copyOf(detail: unknown): unknown {
  return detail === undefined || detail === null ? null : structuredClone(detail);
}
