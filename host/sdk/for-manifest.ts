/**
 * `forManifest`: the SDK with the names of one manifest. Nothing of it is there at run time but `defineTool` itself.
 *
 * `openclaw plugin types` writes the names as `openclaw.plugin.d.ts` beside the manifest, and `plugin dev` keeps it up
 * to date. A secret, command, setting or tool that the manifest does not declare is then a type error.
 */
import {
  defineChannel,
  type ChannelContext,
  type ChannelDefinition,
  type DefinedChannel,
  type LoginAnswer,
  type LoginStep,
} from "./channel.ts";
import type { OutgoingMessage, SendResult } from "./message.ts";
import type { CommandEvent, CommandOptions, CommandResult, PluginCommands } from "./commands.ts";
import type { ArgumentsOf, ToolParameters } from "./parameters.ts";
import type { PluginSecrets } from "./secrets.ts";
import {
  defineTool,
  type DefinedTool,
  type ToolContext,
  type ToolDefinition,
  type ToolOutput,
} from "./tool.ts";

/** What `openclaw.plugin.d.ts` says of a manifest: each a union of names, `never` where there is none. */
export interface ManifestTypes {
  /** `contracts.tools`. */
  readonly tools: string;
  /** `permissions.commands`. */
  readonly commands: string;
  /** `permissions.secrets`, by their use. */
  readonly secrets: { readonly slot: string; readonly hmac: string; readonly held: string };
  /** What `configSchema` lets through. */
  readonly config: object;
}

/** A tool's context in which only what the manifest declares can be named. */
export interface ManifestContext<Manifest extends ManifestTypes> extends Omit<
  ToolContext,
  "config" | "commands" | "secrets"
> {
  /** The plugin's own settings, valid by its `configSchema`. */
  readonly config: Manifest["config"];
  /** Programs that the manifest declares and the owner granted. */
  readonly commands: ManifestCommands<Manifest["commands"]>;
  /** Secrets that the manifest declares and the owner set, used without being seen. */
  readonly secrets: ManifestSecrets<Manifest["secrets"]>;
}

/** `ctx.commands` with the declared programs. */
export interface ManifestCommands<Command extends string> extends PluginCommands {
  /** See `PluginCommands.run`. */
  run(
    command: Command,
    args?: readonly string[],
    options?: CommandOptions & { readonly maxOutputBytes?: number },
  ): Promise<CommandResult>;
  /** See `PluginCommands.stream`. */
  stream(
    command: Command,
    args?: readonly string[],
    options?: CommandOptions,
  ): AsyncIterableIterator<CommandEvent>;
}

/** `ctx.secrets` with the declared secrets, each in its use. */
export interface ManifestSecrets<Secrets extends ManifestTypes["secrets"]> extends PluginSecrets {
  /** See `PluginSecrets.use`. */
  use(name: Secrets["slot"]): Promise<string>;
  /** See `PluginSecrets.hmac`. */
  hmac(name: Secrets["hmac"], data: string | Uint8Array, algorithm?: "sha256" | "sha1"): Promise<Uint8Array>;
  /** See `PluginSecrets.reveal`. */
  reveal(name: Secrets["held"]): Promise<string>;
}

/** A tool of one manifest: its name is one of `contracts.tools`, its context the manifest's. */
export interface ManifestTool<Manifest extends ManifestTypes, Parameters extends ToolParameters> extends Omit<
  ToolDefinition<Parameters>,
  "name" | "execute"
> {
  readonly name: Manifest["tools"];
  execute(args: ArgumentsOf<Parameters>, ctx: ManifestContext<Manifest>): Promise<ToolOutput> | ToolOutput;
}

/** A channel's context in which only what the manifest declares can be named. */
export interface ManifestChannelContext<Manifest extends ManifestTypes>
  extends
    Omit<ChannelContext, "config" | "commands" | "secrets">,
    Pick<ManifestContext<Manifest>, "config" | "commands" | "secrets"> {}

/** A channel of one manifest. */
export interface ManifestChannel<Manifest extends ManifestTypes> extends Omit<
  ChannelDefinition,
  "run" | "send" | "backfill" | "login"
> {
  /** See `ChannelDefinition.run`. */
  run(ctx: ManifestChannelContext<Manifest>): Promise<void>;
  /** See `ChannelDefinition.send`. */
  send(message: OutgoingMessage, ctx: ManifestChannelContext<Manifest>): Promise<SendResult>;
  /** See `ChannelDefinition.backfill`. */
  backfill?(since: number, ctx: ManifestChannelContext<Manifest>): Promise<void>;
  /** See `ChannelDefinition.login`. */
  login?(ctx: ManifestChannelContext<Manifest>): AsyncGenerator<LoginStep, void, LoginAnswer>;
}

/** What `forManifest` gives. */
export interface ManifestSdk<Manifest extends ManifestTypes> {
  /** `defineTool`, for this manifest. */
  defineTool<const Parameters extends ToolParameters>(
    definition: ManifestTool<Manifest, Parameters>,
  ): DefinedTool;
  /** `defineChannel`, for this manifest. */
  defineChannel(definition: ManifestChannel<Manifest>): DefinedChannel;
}

/**
 * The SDK with the names of one manifest.
 *
 * @example
 * ```ts
 * import { forManifest } from "openclaw/sdk";
 * import type { Manifest } from "./openclaw.plugin.d.ts";
 *
 * const { defineTool } = forManifest<Manifest>();
 *
 * export default defineTool({
 *   name: "roll",
 *   description: "Roll a die",
 *   parameters: { type: "object", properties: { sides: { type: "integer" } } },
 *   async execute({ sides = 6 }) {
 *     return `rolled ${1 + Math.floor(Math.random() * sides)}`;
 *   },
 * });
 * ```
 */
export function forManifest<Manifest extends ManifestTypes>(): ManifestSdk<Manifest> {
  // The context that a tool gets is one and the same; the manifest only says which names of it will be answered.
  return {
    defineTool: defineTool as unknown as ManifestSdk<Manifest>["defineTool"],
    defineChannel: defineChannel as unknown as ManifestSdk<Manifest>["defineChannel"],
  };
}
