/**
 * The one exception of the host.
 *
 * Owns the closed list of codes. Guarantees that every error that leaves a room carries a code, a
 * sentence for a person and, where there is one, the fix. Refuses to carry secrets: callers put names
 * and rules into messages, never values of credentials.
 *
 * Message grammar: what could not be done, to which value, then the rule.
 * `Cannot read "/etc/passwd": not declared in the manifest of "echo"`.
 */

export type ErrorCode =
  | "config.invalid"
  | "config.unreadable"
  | "state.unwritable"
  | "store.busy"
  | "store.damaged"
  | "store.newer"
  | "port.taken"
  | "manifest.invalid"
  | "plugin.broken"
  | "plugin.tampered"
  | "plugin.unknown"
  | "plugin.bundle"
  | "plugin.crashed"
  | "plugin.failed"
  | "plugin.deadline"
  | "plugin.refused"
  | "sandbox.unavailable"
  | "sandbox.protocol"
  | "effect.denied"
  | "effect.failed"
  | "model.unreachable"
  | "model.missing"
  | "model.refused"
  | "model.broken"
  | "request.invalid"
  | "request.stale"
  | "request.forbidden"
  | "aborted"
  | "limit.exceeded"
  | "internal";

/** Exit codes of the process, one for each way of not starting. README lists them. */
export const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  "config.invalid": 78,
  "config.unreadable": 78,
  "state.unwritable": 73,
  "store.busy": 75,
  "store.damaged": 74,
  "store.newer": 65,
  "port.taken": 69,
  "sandbox.unavailable": 71,
};

export interface HostErrorOptions {
  /** What the reader can do about it, as one imperative sentence. */
  readonly fix?: string;
  readonly cause?: unknown;
}

export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: ErrorCode;
  readonly fix: string | undefined;

  constructor(code: ErrorCode, message: string, options: HostErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
  }
}

/** Turns whatever was thrown into a HostError; what already is one passes unchanged. */
export function asHostError(thrown: unknown, code: ErrorCode = "internal"): HostError {
  if (thrown instanceof HostError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HostError(code, message, { cause: thrown });
}

/** True for what an aborted fetch, stream or call throws, whichever library threw it. */
export function isAbort(thrown: unknown): boolean {
  if (thrown instanceof HostError) return thrown.code === "aborted";
  return thrown instanceof Error && thrown.name === "AbortError";
}

/** The sentence and its fix as one text, for logs, terminals and tool results. */
export function explain(error: HostError): string {
  return error.fix === undefined ? error.message : `${error.message}. ${error.fix}`;
}
