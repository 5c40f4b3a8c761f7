/**
 * `console`: lines for the plugin's log. Not a debugger: no tables, no timers' precision, no streams.
 *
 * A line is cut at the limit's length. How many lines pass in a second is the child's to say.
 */
import { post } from "./door.ts";
import { limits } from "./limits.ts";
import type { ConsoleFrame } from "#host/pipe/protocol.ts";

type Level = ConsoleFrame["level"];

export function logLine(level: Level, text: string): void {
  post({ t: "console", level, text: text.slice(0, limits().textChars) });
}

const writer =
  (level: Level) =>
  (...values: unknown[]): void =>
    logLine(level, values.map(inspect).join(" "));

export const console = {
  debug: writer("debug"),
  trace: writer("debug"),
  log: writer("info"),
  info: writer("info"),
  dir: (value: unknown) => logLine("info", inspect(value)),
  table: (value: unknown) => logLine("info", inspect(value)),
  group: writer("info"),
  groupCollapsed: writer("info"),
  groupEnd: () => {},
  warn: writer("warn"),
  error: writer("error"),
  assert: (condition?: unknown, ...values: unknown[]) => {
    if (!condition) logLine("error", ["Assertion failed", ...values.map(inspect)].join(" "));
  },
};

/** A value as one text, for people. Never throws, whatever the value's getters do. */
export function inspect(value: unknown): string {
  try {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack ?? String(value);
    if (typeof value === "function") return `[function ${value.name}]`;
    if (typeof value !== "object" || value === null) return String(value);
    return JSON.stringify(value, withoutCycles()) ?? String(value);
  } catch {
    return "[unprintable]";
  }
}

function withoutCycles() {
  const seen = new Set<unknown>();
  return (_key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return `${value}n`;
    if (value instanceof Map) return { Map: [...value] };
    if (value instanceof Set) return { Set: [...value] };
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return "[seen above]";
    seen.add(value);
    return value;
  };
}
