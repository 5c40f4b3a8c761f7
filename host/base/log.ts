/**
 * The host's log: one JSON line an entry, or one readable line on a terminal.
 *
 * Guarantees that values under a name that means a secret are never written, however deep they stand,
 * and that an error shows its code, message and cause but no stack below `debug`. Refuses to throw: a
 * log line that cannot be written is dropped.
 */
import type { Clock } from "./clock.ts";
import { visible } from "./visible.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose entries carry this scope, for example `broker` or `plugin/dice`. */
  child(scope: string): Log;
}

export interface LogOptions {
  readonly clock: Clock;
  readonly level: LogLevel;
  readonly format: "json" | "text";
  readonly write: (line: string) => void;
}

const LEVELS: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };

/** Null if there is no such level. */
export function parseLogLevel(text: string): LogLevel | null {
  return Object.hasOwn(LEVELS, text) ? (text as LogLevel) : null;
}

const SECRET_NAME =
  /token|secret|password|passphrase|api[-_]?key|authorization|cookie|credential|private[-_]?key|ticket/i;
const MAX_DEPTH = 6;

export function createLog(options: LogOptions, scope = "host"): Log {
  const emit = (level: LogLevel, message: string, fields: LogFields = {}) => {
    if (LEVELS[level] < LEVELS[options.level]) return;
    const clean = redact(fields, options.level === "debug") as Record<string, unknown>;
    const time = new Date(options.clock.now()).toISOString();
    try {
      const line =
        options.format === "json"
          ? JSON.stringify({ time, level, scope, message, ...clean })
          : textLine(time, level, scope, message, clean);
      // A plugin's console line must not look like another entry, nor steer the terminal.
      options.write(visible(line));
    } catch {
      // A closed terminal must not take the host down.
    }
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warn", message, fields),
    error: (message, fields) => emit("error", message, fields),
    child: (name) => createLog(options, name),
  };
}

/** A copy in which every value under a secret's name is replaced by `[redacted]`. */
export function redact(value: unknown, withStacks = false, depth = 0): unknown {
  if (value instanceof Error) return redactError(value, withStacks, depth);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[deep]";
  if (Array.isArray(value)) return value.map((item) => redact(item, withStacks, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_NAME.test(key) && typeof item !== "boolean" ? "[redacted]" : redact(item, withStacks, depth + 1),
    ]),
  );
}

function redactError(error: Error, withStacks: boolean, depth: number): unknown {
  return {
    ...("code" in error ? { code: error.code } : {}),
    message: error.message,
    ...(error.cause === undefined || depth >= MAX_DEPTH
      ? {}
      : { cause: redact(error.cause, withStacks, depth + 1) }),
    ...(withStacks ? { stack: error.stack } : {}),
  };
}

function textLine(
  time: string,
  level: LogLevel,
  scope: string,
  message: string,
  fields: Record<string, unknown>,
): string {
  const rest = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return ` ${key}=${text}`;
  });
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${scope}: ${message}${rest.join("")}`;
}
