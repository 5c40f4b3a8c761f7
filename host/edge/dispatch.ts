/**
 * Loads the plugin and runs its calls.
 *
 * Every call is answered exactly once: with a value, or with the error that came out of the plugin. What a
 * plugin throws outside of a call is written to its console, and nobody else's call fails for it.
 */
import { checkArguments } from "./arguments.ts";
import { createCommands } from "./commands.ts";
import { callChannel } from "./channel.ts";
import { beginCall, endCall } from "./current-call.ts";
import { describePlugin, parsePlugin, type Plugin } from "./describe.ts";
import { post } from "./door.ts";
import { describeThrown } from "./failure.ts";
import { createFiles } from "./files.ts";
import { limits } from "./limits.ts";
import { createLlm } from "./llm.ts";
import { createNet } from "./net.ts";
import { answerRoute } from "./routes.ts";
import { createStorage } from "./storage.ts";
import { createSecrets } from "./secrets.ts";
import { textResult, toToolResult } from "./tool-result.ts";
import type { ToolContext, ToolDefinition, ToolResult } from "#host/sdk/tool.ts";
import type { TestedPlugin, TestingAccess } from "#host/sdk/testing-access.ts";
import type { Inward } from "./door-protocol.ts";

type Call = Extract<Inward, { t: "call" }>;

let plugin: Plugin | null = null;
let config: Readonly<Record<string, unknown>> = {};

/** The plugin's code has run and left its exports in the global `__plugin`. */
export function openPlugin(settings: Readonly<Record<string, unknown>>): void {
  try {
    config = deepFreeze(settings);
    plugin = parsePlugin((globalThis as { __plugin?: unknown }).__plugin);
    post({ t: "opened", ok: true });
  } catch (thrown) {
    post({ t: "opened", ok: false, error: describeThrown(thrown) });
  }
}

export async function runCall(call: Call): Promise<void> {
  const signal = beginCall(call.call);
  try {
    const value = await runEntry(call, signal);
    checkSize(call.name, value);
    post({ t: "result", call: call.call, ok: true, value });
  } catch (thrown) {
    post({ t: "result", call: call.call, ok: false, error: describeThrown(thrown) });
  } finally {
    endCall(call.call);
  }
}

/** Not async: a promise that an async function returns is resolved by its `then`, which a plugin may have patched. */
function runEntry(call: Call, signal: AbortSignal): unknown {
  const { entry, name, args } = call;
  const { fetch, channel } = opened();
  if (entry === "describe") return describePlugin(opened());
  if (entry === "tool") return runTool(call, signal);
  if (entry === "route") {
    if (fetch === null) throw new Error("Cannot answer the request: the plugin has no fetch");
    return answerRoute(fetch, args, worldOf(signal));
  }
  if (channel === null) throw new Error("Cannot call the channel: the plugin defines none");
  // What `run` does once it was told to stop is its goodbye, and still done.
  const effects = name === "run" ? new AbortController().signal : signal;
  return callChannel(channel, name, args, { ...worldOf(effects), signal });
}

/** Not async, as `runEntry`. */
function runTool(call: Call, signal: AbortSignal): Promise<ToolResult> {
  return runWith(toolNamed(call.name), call.args, contextOf(call.call, signal));
}

/** Every call of a tool goes this way, those of a plugin's own tests too. */
async function runWith(tool: ToolDefinition<never>, args: unknown, ctx: ToolContext): Promise<ToolResult> {
  const checked = await checkArguments(tool.parameters, args);
  if (!checked.ok) return textResult(`Cannot run "${tool.name}": ${checked.problem}`, true);
  return toToolResult(tool.name, await tool.execute(checked.value as never, ctx));
}

/** What `openclaw/sdk/testing` finds in the isolate that it runs in; it can do nothing that a plugin could not. */
export const testingAccess: TestingAccess = Object.freeze({
  describe: (plugin: TestedPlugin) => describePlugin(parsePlugin({ default: plugin })).tools,
  call: runWith,
});

function checkSize(name: string, value: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(value)).byteLength;
  const { resultBytes } = limits();
  if (bytes <= resultBytes) return;
  throw new RangeError(`Cannot hand on what "${name}" returned: ${bytes} bytes, the limit is ${resultBytes}`);
}

function contextOf(call: number, signal: AbortSignal): ToolContext {
  return {
    ...worldOf(signal),
    update: (text) => post({ t: "update", call, text: String(text).slice(0, limits().textChars) }),
  };
}

/** What every call may do, of a tool or not. */
function worldOf(signal: AbortSignal): Omit<ToolContext, "update"> {
  return {
    config,
    signal,
    files: createFiles(signal),
    net: createNet(signal),
    storage: createStorage(signal),
    commands: createCommands(signal),
    secrets: createSecrets(signal),
    llm: createLlm(signal),
  };
}

function opened(): Plugin {
  if (plugin === null) throw new Error("Cannot call the plugin: its code did not load");
  return plugin;
}

function toolNamed(name: string): ToolDefinition<never> {
  const { tools } = opened();
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool !== undefined) return tool;
  const known = tools.map((candidate) => `"${candidate.name}"`).join(", ");
  throw new Error(`Cannot run "${name}": the plugin defines ${known === "" ? "no tool" : known}`);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
