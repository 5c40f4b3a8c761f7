/**
 * What the rest of the host sees of sandboxes: plugins as code with bounds, and calls into them.
 *
 * A call fails with a HostError: `plugin.failed` (the plugin threw), `plugin.crashed` (its isolate or
 * process is gone), `plugin.deadline`, `plugin.refused` (quarantined), `aborted`, `sandbox.unavailable`.
 */
import type { JsonObject } from "#host/base/json.ts";
import type { RunIdentity } from "#host/base/run.ts";
import type { Wall } from "#host/base/wall.ts";
import type { ToolDescriptor, ToolResult } from "#host/sdk/tool.ts";

/** One version of a plugin, ready to be loaded into an isolate. */
export interface PluginCode {
  readonly id: string;
  /** Plugins of one group may share a sandbox process; an account's keys get a group of their own. */
  readonly trustGroup: string;
  /** SHA-256 (hex) of the bundle: another hash is another isolate. */
  readonly hash: string;
  /** The bundle's code, UTF-8. Read when an isolate is opened, not before. */
  load(): Promise<Uint8Array>;
  /** The same with its source map, by which errors are told in the author's terms. */
  bundle?(): Promise<Uint8Array>;
  readonly config: JsonObject;
  readonly heapMiB: number;
  readonly rssMiB: number;
  readonly cpuSliceMs: number;
  readonly deadlineMs: number;
  readonly wasm: boolean;
}

export interface PluginDescription {
  readonly kind: "tool" | "skill";
  readonly tools: readonly ToolDescriptor[];
}

export interface ToolCallRequest {
  readonly run: RunIdentity;
  /** The tool call's id, as the model gave it. */
  readonly callId: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly signal: AbortSignal;
  readonly onUpdate: (text: string) => void;
}

export interface Sandboxes {
  /** Loads the plugin once, in an isolate that serves no session, and asks what it defines. */
  describe(code: PluginCode): Promise<PluginDescription>;
  /** Runs a tool in the isolate of this plugin version and session. */
  callTool(code: PluginCode, request: ToolCallRequest): Promise<ToolResult>;
  /** Ends all isolates of a plugin: it changed or went. Calls in flight end on the version they started with. */
  retire(pluginId: string): void;
  /** Why this version is not run any more after repeated crashes; null if it may be. */
  quarantineOf(code: PluginCode): string | null;
  /** What stands between a plugin and this machine, each as it was found by trying. Starts a process if none runs. */
  probe(): Promise<readonly Wall[]>;
  /** The walls as last found, without starting anything. */
  walls(): readonly Wall[];
  stop(): Promise<void>;
}
