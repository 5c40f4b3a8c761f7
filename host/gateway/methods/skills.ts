/** Skills: which there are, whether they can be used here, and the commands that people call with a slash. */
import * as v from "valibot";
import type { SkillsPort } from "#host/gateway/ports.ts";
import { MAIN_AGENT } from "#host/gateway/session-key.ts";
import { skillsStatus, toCommandRow } from "#host/gateway/skill-rows.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const agentId = v.optional(v.literal(MAIN_AGENT));

const commandsParams = v.strictObject({
  agentId,
  provider: v.optional(v.string()),
  scope: v.optional(v.picklist(["text", "native", "both"])),
  includeArgs: v.optional(v.boolean(), true),
});

export function skillMethods(skills: SkillsPort): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "skills.status",
      scope: "operator.read",
      params: v.strictObject({ agentId }),
      run: () => skillsStatus(skills),
    }),
    defineMethod({
      name: "commands.list",
      scope: "operator.read",
      params: commandsParams,
      run({ includeArgs }) {
        const rows = skills.commands().map(toCommandRow);
        return { commands: includeArgs ? rows : rows.map(({ args: _args, ...row }) => row) };
      },
    }),
  ];
}
