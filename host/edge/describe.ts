/**
 * What a plugin defines, as the host keeps it: each tool's name, description and JSON Schema, its channel, whether it
 * answers HTTP requests.
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import { isStandardSchema } from "#host/sdk/tool.ts";
import type { ChannelDefinition, ChannelDescriptor, DefinedChannel } from "#host/sdk/channel.ts";
import type { DefinedRoutes, RouteHandler } from "#host/sdk/routes.ts";
import type { DefinedSkill } from "#host/sdk/skill.ts";
import type { DefinedTool, ToolDefinition, ToolDescriptor } from "#host/sdk/tool.ts";
import type { ToolParameters } from "#host/sdk/parameters.ts";

/** What a default export comes to. */
export interface Plugin {
  readonly kind: (DefinedTool | DefinedSkill | DefinedChannel | DefinedRoutes)["kind"];
  readonly tools: DefinedTool["tools"];
  readonly channel: ChannelDefinition | null;
  readonly fetch: RouteHandler | null;
}

export interface Description {
  readonly kind: Plugin["kind"];
  readonly tools: readonly ToolDescriptor[];
  readonly channel?: ChannelDescriptor;
  readonly routes?: boolean;
}

/** Checks what the bundle exports, which may be plain JavaScript. Throws a TypeError that says what is missing. */
export function parsePlugin(bundle: unknown): Plugin {
  const exported = ((bundle as { default?: unknown } | undefined)?.default ?? {}) as Partial<Plugin>;
  const fetch = typeof exported.fetch === "function" ? exported.fetch : null;
  // A Hono app, or the default export of a Worker: `fetch` is all that it has of ours.
  const kind = isKind(exported.kind) ? exported.kind : "routes";
  const { tools = kind === "routes" ? [] : undefined } = exported;
  if (!Array.isArray(tools) || (kind === "routes" && fetch === null)) {
    throw new TypeError(
      "Cannot use the plugin: its default export is not made by defineTool, defineTools, defineSkill, defineChannel or defineRoutes, and has no fetch",
    );
  }
  for (const tool of tools) checkTool(tool);
  const channel = kind === "channel" ? checkChannel(exported.channel) : null;
  return { kind, tools, channel, fetch: fetch === null ? null : fetch.bind(exported) };
}

function isKind(kind: unknown): kind is Plugin["kind"] {
  return kind === "tool" || kind === "skill" || kind === "channel" || kind === "routes";
}

function checkChannel(channel: ChannelDefinition | null | undefined): ChannelDefinition {
  const missing = (["run", "send"] as const).filter((name) => typeof channel?.[name] !== "function");
  if (channel === null || channel === undefined || missing.length > 0) {
    throw new TypeError(`Cannot use the channel: it has no function ${missing.join(" and ")}`);
  }
  return channel;
}

function checkTool(tool: Partial<ToolDefinition<never>>): void {
  if (typeof tool?.name !== "string") throw new TypeError("Cannot use the plugin: a tool has no name");
  if (typeof tool.description !== "string") throw unusable(tool.name, "its description is not a text");
  if (typeof tool.execute !== "function") throw unusable(tool.name, "it has no execute function");
  if (typeof tool.parameters !== "object" || tool.parameters === null) {
    throw unusable(tool.name, "its parameters are neither a JSON Schema nor a valibot schema");
  }
}

export function describePlugin(plugin: Plugin): Description {
  const tools = plugin.tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: jsonSchemaOf(name, parameters),
  }));
  const { kind, channel, fetch } = plugin;
  return {
    kind,
    tools,
    ...(channel === null ? {} : { channel: describeChannel(channel) }),
    ...(fetch === null ? {} : { routes: true }),
  };
}

function describeChannel({ id, capabilities, backfill, login }: ChannelDefinition): ChannelDescriptor {
  return { id, capabilities, backfill: backfill !== undefined, login: login !== undefined };
}

function jsonSchemaOf(name: string, parameters: ToolParameters): Record<string, unknown> {
  if (!isStandardSchema(parameters)) return parameters as Record<string, unknown>;
  const { vendor } = parameters["~standard"];
  if (vendor !== "valibot")
    throw unusable(name, `its parameters are a schema of "${vendor}": use valibot or JSON Schema`);
  // Transformations have no JSON Schema; the model gets the shape that goes in.
  const options = { errorMode: "ignore", typeMode: "input" } as const;
  const { $schema: _, ...schema } = toJsonSchema(parameters as never, options);
  return schema;
}

function unusable(tool: string, rule: string): TypeError {
  return new TypeError(`Cannot use the tool "${tool}": ${rule}`);
}
