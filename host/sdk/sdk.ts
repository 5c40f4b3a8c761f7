/** `openclaw/sdk`: everything that a plugin author imports. The only barrel of the project. */

export {
  defineTool,
  defineTools,
  type DefinedTool,
  type FileEntry,
  type FileStat,
  type PluginFiles,
  type ToolContent,
  type ToolContext,
  type ToolDefinition,
  type ToolDescriptor,
  type ToolOutput,
  type ToolResult,
} from "./tool.ts";
export {
  forManifest,
  type ManifestChannel,
  type ManifestChannelContext,
  type ManifestCommands,
  type ManifestContext,
  type ManifestSdk,
  type ManifestSecrets,
  type ManifestTool,
  type ManifestTypes,
} from "./for-manifest.ts";
export type { CommandEvent, CommandOptions, CommandResult, PluginCommands } from "./commands.ts";
export {
  defineChannel,
  type ChannelCapabilities,
  type ChannelContext,
  type ChannelDefinition,
  type ChannelDescriptor,
  type ChannelStatus,
  type DefinedChannel,
  type LoginAnswer,
  type LoginStep,
} from "./channel.ts";
export type {
  ChannelEvent,
  Conversation,
  IncomingDelete,
  IncomingEdit,
  IncomingMessage,
  IncomingReaction,
  MediaHandle,
  Mention,
  OutgoingMessage,
  Person,
  SendResult,
} from "./message.ts";
export {
  defineRoutes,
  type DefinedRoutes,
  type RouteContext,
  type RouteHandler,
  type RoutesDefinition,
} from "./routes.ts";
export type { LlmAnswer, LlmContent, LlmMessage, LlmOptions, LlmResult, PluginLlm } from "./llm.ts";
export { defineSkill, type DefinedSkill, type SkillDefinition } from "./skill.ts";
export type { ArgumentsOf, JsonSchema, ToolParameters } from "./parameters.ts";
export type { PluginSecrets } from "./secrets.ts";
export type { ConnectTarget, PluginConnection, PluginNet } from "./net.ts";
export type { PluginStorage, StorableJson, StorableValue } from "./storage.ts";
