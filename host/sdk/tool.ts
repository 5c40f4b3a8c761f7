/**
 * `defineTool`: what a plugin author exports to give the agent a tool.
 *
 * @example
 * ```ts
 * import { defineTool } from "openclaw/sdk";
 *
 * export default defineTool({
 *   name: "roll",
 *   description: "Roll a die",
 *   parameters: { type: "object", properties: { sides: { type: "number" } } },
 *   async execute({ sides }) {
 *     return `rolled ${1 + Math.floor(Math.random() * (sides ?? 6))}`;
 *   },
 * });
 * ```
 */
import type { PluginCommands } from "./commands.ts";
import type { PluginLlm } from "./llm.ts";
import type { PluginSecrets } from "./secrets.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import type { ArgumentsOf, ToolParameters } from "./parameters.ts";
import type { PluginNet } from "./net.ts";
import type { PluginStorage } from "./storage.ts";

/** What a tool may give back: text, or parts for the model with details for the page. */
export type ToolOutput = string | ToolResult;

/** An answer in parts, as the model gets it. */
export interface ToolResult {
  readonly content: readonly ToolContent[];
  /** Structured data for the page and for other programs; the model does not see it. */
  readonly details?: unknown;
  readonly isError?: boolean;
}

/** One part of a tool's answer. */
export type ToolContent =
  | { readonly type: "text"; readonly text: string }
  /** `data` is base64. */
  | { readonly type: "image"; readonly data: string; readonly mimeType: string };

/** What a tool gets besides its arguments: settings, a signal to stop, and the ways to the world outside. */
export interface ToolContext {
  /** The plugin's own settings (`plugins.entries.<id>.config`), valid by its `configSchema`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fires when the owner stops the turn or the call's deadline passes. */
  readonly signal: AbortSignal;
  /** Files under the paths that the manifest declares and the owner granted. */
  readonly files: PluginFiles;
  /** TCP connections that the manifest declares and the owner granted. For the web: `fetch` and `WebSocket`. */
  readonly net: PluginNet;
  /** What the plugin keeps from one call to the next. */
  readonly storage: PluginStorage;
  /** Programs that the manifest declares and the owner granted. */
  readonly commands: PluginCommands;
  /** Secrets that the manifest declares and the owner set, used without being seen. */
  readonly secrets: PluginSecrets;
  /** The owner's model, within the budget that the manifest declares and the owner granted. */
  readonly llm: PluginLlm;
  /** Shows progress in the page while the tool runs. */
  update(text: string): void;
}

/**
 * Files, as the broker lets a plugin see them. Paths may start with `$WORKSPACE`, `$STATE`, `$PLUGIN` or
 * `~`; a relative path stands in the workspace.
 *
 * Every method rejects with an `Error` whose `code` is `denied`, `not-found`, `exists`, `too-large`, `io`
 * or `invalid`, and whose message names the path and the rule.
 */
export interface PluginFiles {
  /** `offset` and `length` in bytes. */
  read(path: string, range?: { offset?: number; length?: number }): Promise<Uint8Array>;
  readText(path: string): Promise<string>;
  write(
    path: string,
    data: string | Uint8Array,
    options?: { mode?: "create" | "replace" | "append" },
  ): Promise<void>;
  stat(path: string): Promise<FileStat>;
  list(path: string): Promise<FileEntry[]>;
  /** Makes a folder, and those above it that are missing. One that is there already is no error. */
  mkdir(path: string): Promise<void>;
  /** Deletes a file or an empty folder; with `recursive` a folder with all that is in it. */
  remove(path: string, options?: { recursive?: boolean }): Promise<void>;
  /**
   * Moves a file or folder; both paths must be writable. Rejects with `exists` if something stands at `to`, unless it
   * is a file and `replace` is set.
   */
  rename(path: string, to: string, options?: { replace?: boolean }): Promise<void>;
}

/** What is known of a file without reading it. */
export interface FileStat {
  readonly type: "file" | "directory" | "other";
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** One entry of a listed folder. */
export interface FileEntry extends FileStat {
  readonly name: string;
}

/** One tool: what the model reads of it, and what it does. */
export interface ToolDefinition<Parameters extends ToolParameters = ToolParameters> {
  /** As listed in the manifest's `contracts.tools`: lower case letters, digits, `_` and `-`. */
  readonly name: string;
  /** One or two sentences for the model. */
  readonly description: string;
  /** JSON Schema of an object, or a valibot schema. */
  readonly parameters: Parameters;
  /** The text that the model gets back; a thrown error becomes a usable error for the model. */
  execute(args: ArgumentsOf<Parameters>, ctx: ToolContext): Promise<ToolOutput> | ToolOutput;
}

/** A tool as the host keeps it, after its definition has been seen once. */
export interface ToolDescriptor {
  readonly name: string;
  readonly description: string;
  /** JSON Schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What `defineTool` gives: one tool or several, for a default export. */
export interface DefinedTool {
  readonly kind: "tool";
  readonly tools: readonly ToolDefinition<never>[];
}

/** Declares one tool. `execute` gets arguments that were checked against `parameters`. */
export function defineTool<const Parameters extends ToolParameters>(
  definition: ToolDefinition<Parameters>,
): DefinedTool {
  return { kind: "tool", tools: [definition as unknown as ToolDefinition<never>] };
}

/** Declares several tools in one plugin. */
export function defineTools(...tools: readonly DefinedTool[]): DefinedTool {
  return { kind: "tool", tools: tools.flatMap((tool) => tool.tools) };
}

/** True for a valibot schema (or any other of the Standard Schema family). */
export function isStandardSchema(parameters: ToolParameters): parameters is StandardSchemaV1 {
  return "~standard" in parameters;
}
