/** What the testing kit finds in an isolate: the runtime's own way of describing and calling tools. */
import type { DefinedChannel } from "./channel.ts";
import type { DefinedRoutes } from "./routes.ts";
import type { DefinedSkill } from "./skill.ts";
import type { DefinedTool, ToolContext, ToolDefinition, ToolDescriptor, ToolResult } from "./tool.ts";

/** A plugin as its code exports it. */
export type TestedPlugin = DefinedTool | DefinedSkill | DefinedChannel | DefinedRoutes;

export interface TestingAccess {
  /** As the host describes it to a model. Throws what the host would refuse it with. */
  describe(plugin: TestedPlugin): readonly ToolDescriptor[];
  /** Checks the arguments, runs the tool, checks what it gave. */
  call(tool: ToolDefinition<never>, args: unknown, ctx: ToolContext): Promise<ToolResult>;
}

export const TESTING_ACCESS = Symbol.for("openclaw.testing");
