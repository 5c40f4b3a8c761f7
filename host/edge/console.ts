/**
 * `console` (Console standard): lines for the plugin's log, with its formats, groups, counts, times and tables.
 *
 * A line is cut at the limit's length. How many lines pass in a second is the child's to say.
 */
import { now } from "./clock.ts";
import { post } from "./door.ts";
import { limits } from "./limits.ts";
import { format, inspect, tableOf } from "./inspect.ts";
import type { ConsoleFrame } from "#host/pipe/protocol.ts";

type Level = ConsoleFrame["level"];

/** Two spaces for each open group. */
let indentation = "";
const MAX_INDENTATION = 40;
const counts = new Map<string, number>();
const times = new Map<string, number>();
/** Labels that are kept: more of them is a leak. */
const MAX_LABELS = 1_000;

export function logLine(level: Level, text: string): void {
  const indented = indentation === "" ? text : text.replace(/^/gm, indentation);
  post({ t: "console", level, text: indented.slice(0, limits().textChars) });
}

function print(level: Level, values: readonly unknown[]): void {
  if (values.length > 0) logLine(level, format(values));
}

const methods = {
  assert(condition: unknown = false, ...values: unknown[]): void {
    if (condition) return;
    const [first, ...rest] = values;
    if (values.length === 0) logLine("error", "Assertion failed");
    else if (typeof first === "string") print("error", [`Assertion failed: ${first}`, ...rest]);
    else print("error", ["Assertion failed:", ...values]);
  },
  clear(): void {
    indentation = "";
  },
  debug: (...values: unknown[]): void => print("debug", values),
  error: (...values: unknown[]): void => print("error", values),
  info: (...values: unknown[]): void => print("info", values),
  log: (...values: unknown[]): void => print("info", values),
  table(data: unknown = undefined, columns: unknown = undefined): void {
    const table = tableOf(data, columns);
    if (table === null) print("info", [data]);
    else logLine("info", table);
  },
  trace(...values: unknown[]): void {
    const stack = String(new Error("trace").stack).split("\n").slice(2).join("\n");
    logLine("debug", `Trace${values.length === 0 ? "" : `: ${format(values)}`}\n${stack}`);
  },
  warn: (...values: unknown[]): void => print("warn", values),
  dir(item: unknown = undefined, _options: unknown = undefined): void {
    logLine("info", inspect(item));
  },
  dirxml: (...values: unknown[]): void => print("info", values.map(inspect)),
  count(label: unknown = "default"): void {
    const name = `${label as string}`;
    const count = (counts.get(name) ?? 0) + 1;
    if (counts.size < MAX_LABELS || counts.has(name)) counts.set(name, count);
    logLine("info", `${name}: ${count}`);
  },
  countReset(label: unknown = "default"): void {
    const name = `${label as string}`;
    if (!counts.delete(name)) logLine("warn", `Count for "${name}" does not exist`);
  },
  group(...values: unknown[]): void {
    print("info", values);
    if (indentation.length < MAX_INDENTATION) indentation += "  ";
  },
  groupCollapsed: (...values: unknown[]): void => methods.group(...values),
  groupEnd(): void {
    indentation = indentation.slice(2);
  },
  time(label: unknown = "default"): void {
    const name = `${label as string}`;
    if (times.has(name)) logLine("warn", `Timer "${name}" already exists`);
    else if (times.size < MAX_LABELS) times.set(name, now());
  },
  timeLog(label: unknown = "default", ...values: unknown[]): void {
    const name = `${label as string}`;
    const began = times.get(name);
    if (began === undefined) logLine("warn", `Timer "${name}" does not exist`);
    else print("info", [`${name}: ${(now() - began).toFixed(3)} ms`, ...values]);
  },
  timeEnd(label: unknown = "default"): void {
    const name = `${label as string}`;
    methods.timeLog(name);
    times.delete(name);
  },
  timeStamp(_label: unknown = undefined): void {},
};

/** A namespace object: its prototype is an empty object of its own. */
export const console = Object.defineProperty(
  Object.assign(Object.create({}) as typeof methods, methods),
  Symbol.toStringTag,
  { value: "console", configurable: true },
);

export { inspect };
