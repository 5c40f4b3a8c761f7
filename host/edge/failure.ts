/**
 * Errors that effects leave in a plugin, and errors of a plugin as the host may see them.
 *
 * The failure behind an error is remembered here, apart from the error object: a plugin can show any text it
 * likes, but it cannot make up a refusal that the host never gave.
 */
import type { PluginFailure, RefusalFrame } from "#host/pipe/protocol.ts";

export type EffectFailure = RefusalFrame["failure"];

const failures = new WeakMap<object, EffectFailure>();
/** How deep `cause` is followed: authors wrap errors a few times, not more. */
const MAX_CAUSES = 8;
const MAX_MESSAGE_CHARS = 4_000;
const MAX_STACK_LINES = 10;

/** The error that a refused or broken effect rejects with. `code`, `fix` and `cause` say why. */
export function effectError(failure: EffectFailure, Kind: ErrorConstructor | TypeErrorConstructor): Error {
  const error =
    failure.code === "aborted"
      ? new DOMException(failure.message, "AbortError")
      : Object.assign(new Kind(failure.message, { cause: failure }), { code: failure.code });
  if (failure.fix !== undefined) Object.assign(error, { fix: failure.fix });
  failures.set(error, failure);
  return error;
}

/** What the host is told of an error: the author's words and lines, and the refusal behind it if there is one. */
export function describeThrown(thrown: unknown): PluginFailure {
  const failure = failureBehind(thrown);
  try {
    const error = thrown instanceof Error ? thrown : new Error(`Thrown: ${String(thrown)}`);
    const stack = pluginLines(String(error.stack ?? ""));
    return {
      name: String(error.name).slice(0, 100),
      message: String(error.message).slice(0, MAX_MESSAGE_CHARS),
      ...(stack === "" ? {} : { stack }),
      ...(failure === undefined ? {} : { failure }),
    };
  } catch {
    return { name: "Error", message: "An error that cannot be read was thrown" };
  }
}

function failureBehind(thrown: unknown): EffectFailure | undefined {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    if (typeof error !== "object" || error === null) return undefined;
    const failure = failures.get(error);
    if (failure !== undefined) return failure;
    error = (error as { cause?: unknown }).cause;
  }
  return undefined;
}

/** The stack's lines within the plugin's code, which the child loads under a `plugin:` name. */
function pluginLines(stack: string): string {
  const lines = stack.split("\n").filter((line) => line.includes("plugin:"));
  return lines.slice(0, MAX_STACK_LINES).join("\n").slice(0, MAX_MESSAGE_CHARS);
}
