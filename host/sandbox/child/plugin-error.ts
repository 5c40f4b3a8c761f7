/**
 * What isolated-vm threw, in the plugin author's terms: no path and no frame of this program.
 *
 * For errors that did not pass through the isolate's own runtime: code that does not compile, a top level that
 * throws, a rejection that nobody handled.
 */
import { PIPE } from "#host/base/limits.ts";
import type { PluginFailure } from "#host/pipe/protocol.ts";

/** Under this name plugin code stands in stack traces. */
export function pluginFileName(name: string): string {
  return `plugin:${name.replace(/[^\w.-]/g, "_").slice(0, 64)}`;
}

export function toPluginFailure(thrown: unknown): PluginFailure {
  if (!(thrown instanceof Error)) return { name: "Error", message: `Thrown: ${text(thrown, "a value")}` };
  const lines = text(thrown.stack, "").split("\n");
  const stack = lines
    .filter((line) => line.trimStart().startsWith("at ") && line.includes("plugin:"))
    .join("\n");
  return {
    name: text(thrown.name, "Error").slice(0, 100),
    message: withoutBoundary(text(thrown.message, "")),
    ...(stack === "" ? {} : { stack: stack.slice(0, PIPE.maxErrorChars) }),
  };
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

/** A syntax error's message ends with its place: `Unexpected token [plugin:dice:3:7]`. That is the author's. */
function withoutBoundary(message: string): string {
  return message.replaceAll("<isolated-vm boundary>", "").slice(0, PIPE.maxErrorChars);
}
