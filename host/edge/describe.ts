/** What a plugin defines, as the host keeps it: each tool's name, description and JSON Schema. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { isStandardSchema } from "#host/sdk/tool.ts";
import type { DefinedSkill } from "#host/sdk/skill.ts";
import type { DefinedTool, ToolDefinition, ToolDescriptor } from "#host/sdk/tool.ts";
import type { ToolParameters } from "#host/sdk/parameters.ts";

export type Plugin = DefinedTool | DefinedSkill;

export interface Description {
  readonly kind: Plugin["kind"];
  readonly tools: readonly ToolDescriptor[];
}

/** Checks what the bundle exports, which may be plain JavaScript. Throws a TypeError that says what is missing. */
export function parsePlugin(bundle: unknown): Plugin {
  const exported = (bundle as { default?: unknown } | undefined)?.default as Partial<Plugin> | undefined;
  if ((exported?.kind !== "tool" && exported?.kind !== "skill") || !Array.isArray(exported.tools)) {
    throw new TypeError(
      "Cannot use the plugin: its default export is not made by defineTool, defineTools or defineSkill",
    );
  }
  for (const tool of exported.tools) checkTool(tool);
  return exported as Plugin;
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
  return { kind: plugin.kind, tools };
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
