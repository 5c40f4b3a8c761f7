/**
 * What the rest of the host sees of sandboxes: plugins as code with bounds, and calls into them.
 *
 * A call fails with a HostError: `plugin.failed` (the plugin threw), `plugin.crashed` (its isolate or
 * process is gone), `plugin.deadline`, `plugin.refused` (quarantined), `aborted`, `sandbox.unavailable`.
 */
import type { CallPort } from "#host/base/effect.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import type { RunIdentity } from "#host/base/run.ts";
import type { Wall } from "#host/base/wall.ts";
import type { ChannelDescriptor } from "#host/sdk/channel.ts";
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
  /** Tool calls at once; no bound where it is left out. */
  readonly concurrency?: number;
  readonly wasm: boolean;
}

export interface PluginDescription {
  /** What its default export is called; `routes` defines neither tools nor a channel. */
  readonly kind: "tool" | "skill" | "channel" | "routes";
  readonly tools: readonly ToolDescriptor[];
  /** Left out by a plugin that defines none. */
  readonly channel?: ChannelDescriptor;
  /** Whether it answers HTTP requests. */
  readonly routes?: boolean;
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

/** One HTTP exchange. Its bodies and its answer are effects of the call, which `port` does. */
export interface RouteCallRequest {
  /** The account whose isolate answers; null for the isolate of the plugin's routes. */
  readonly account: string | null;
  readonly args: RouteArgs;
  readonly callId: string;
  readonly port: CallPort;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
}

/** The head of a request, as the isolate gets it. */
export type RouteArgs = {
  readonly method: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly hasBody: boolean;
  /** Address of the plugin's own root as its callers write it, without a last slash. */
  readonly base: string;
  readonly account: string | null;
};

/** A function of a channel, for one account. `run` goes on until `signal` tells it to stop. */
export interface ChannelCallRequest {
  readonly account: string;
  readonly name: "run" | "send" | "backfill" | "login";
  readonly args: JsonObject;
  readonly callId: string | null;
  readonly port: CallPort;
  readonly signal: AbortSignal;
}

export interface Sandboxes {
  /** Loads the plugin once, in an isolate that serves no session, and asks what it defines. */
  describe(code: PluginCode): Promise<PluginDescription>;
  /** Runs a tool in the isolate of this plugin version and session. */
  callTool(code: PluginCode, request: ToolCallRequest): Promise<ToolResult>;
  /** Answers a request in the isolate of the plugin's routes, or of an account. Resolves when the call has ended. */
  callRoute(code: PluginCode, request: RouteCallRequest): Promise<void>;
  /** Calls a channel in the process and isolate of that account. `code.config` is the account's. */
  callChannel(code: PluginCode, request: ChannelCallRequest): Promise<JsonValue>;
  /** Milliseconds that a plugin which crashed has to wait before it is started again. */
  restartDelay(code: PluginCode): number;
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
