/**
 * Skills, as the agent uses them: their names and one-liners stand in the system prompt, their text is read
 * by the model when it needs it, with a tool that the agent itself brings.
 */
import type { ToolCallPart } from "#host/base/message.ts";
import type { ModelTool } from "#host/llm/provider.ts";
import type { SkillCommand } from "./skill-commands.ts";
import type { ToolOutcome, ToolRunner } from "./tool-runner.ts";

export interface SkillSummary {
  readonly name: string;
  readonly description: string;
}

export interface Skills {
  /** Those that the model may use now, in a stable order. */
  list(): readonly SkillSummary[];
  /** Those that people may call up now. */
  commands(): readonly SkillCommand[];
  /** The instructions of a skill; null if there is none of that name. */
  text(name: string): Promise<string | null>;
}

const READ_SKILL: ModelTool = {
  name: "read_skill",
  description: "Read the instructions of a skill before using it",
  parameters: {
    type: "object",
    properties: { name: { type: "string", description: "The skill's name" } },
    required: ["name"],
  },
};

/** The tools of `tools`, and `read_skill` while there is a skill. A plugin's tool of that name goes first. */
export function withSkills(tools: ToolRunner, skills: Pick<Skills, "list" | "text">): ToolRunner {
  const isOurs = (listed: readonly ModelTool[]) => !listed.some((tool) => tool.name === READ_SKILL.name);
  return {
    async list() {
      const listed = await tools.list();
      return skills.list().length > 0 && isOurs(listed) ? [...listed, READ_SKILL] : listed;
    },
    async run(call, run, options) {
      if (call.name !== READ_SKILL.name || !isOurs(await tools.list()))
        return await tools.run(call, run, options);
      return await readSkill(call, skills);
    },
  };
}

async function readSkill(call: ToolCallPart, skills: Pick<Skills, "list" | "text">): Promise<ToolOutcome> {
  const { name } = call.arguments;
  // One that only people may call up is not read by the model either.
  const isListed = skills.list().some((skill) => skill.name === name);
  const text = isListed && typeof name === "string" ? await skills.text(name) : null;
  if (text !== null) return { content: [{ type: "text", text }], details: null, isError: false };
  const names = skills.list().map((skill) => skill.name);
  const said = `Cannot read skill ${JSON.stringify(name ?? null)}: there is none of that name. Skills: ${names.join(", ")}`;
  return { content: [{ type: "text", text: said }], details: null, isError: true };
}
