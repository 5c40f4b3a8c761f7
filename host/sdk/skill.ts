/**
 * `defineSkill`: a skill with code. Its instructions stand in `SKILL.md` beside it; its tools run in the
 * skill's own isolate with the skill's own rights.
 */
import type { DefinedTool } from "./tool.ts";

/** The code of a skill. */
export interface SkillDefinition {
  /** Tools that the instructions refer to. */
  readonly tools: readonly DefinedTool[];
}

/** What `defineSkill` gives, for a default export. */
export interface DefinedSkill {
  readonly kind: "skill";
  readonly tools: DefinedTool["tools"];
}

/** Declares a skill with code: the plugin's default export. */
export function defineSkill(definition: SkillDefinition): DefinedSkill {
  return { kind: "skill", tools: definition.tools.flatMap((tool) => tool.tools) };
}
