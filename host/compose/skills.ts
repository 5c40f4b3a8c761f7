/** Skills as the gateway and the command line see them: where each comes from, and its slash command. */
import { homedir } from "node:os";
import { join, sep } from "node:path";
import { hostCommands } from "#host/agent/parse.ts";
import { skillCommands } from "#host/agent/skill-commands.ts";
import type { SkillSummary } from "#host/base/skill.ts";
import type { Config } from "#host/config/config.ts";
import type { StatePaths } from "#host/config/state.ts";
import type { SkillsPort } from "#host/gateway/ports.ts";
import type { Registry } from "#host/registry/registry.ts";

export interface SkillsDeps {
  readonly registry: Registry;
  readonly paths: StatePaths;
  readonly config: () => Config;
}

export function createSkillsPort({ registry, paths, config }: SkillsDeps): SkillsPort {
  const workspaceDir = config().agents[0].workspace;
  const sources = [
    [join(workspaceDir, "skills"), "openclaw-workspace"],
    [join(workspaceDir, ".agents", "skills"), "agents-skills-project"],
    [join(homedir(), ".agents", "skills"), "agents-skills-personal"],
    [paths.skills, "openclaw-managed"],
  ] as const;
  const sourceOf = ({ folder, isBuiltIn, pluginId }: SkillSummary): string => {
    if (isBuiltIn) return "openclaw-bundled";
    const found = sources.find(([root]) => folder.startsWith(root + sep));
    return found?.[1] ?? (pluginId === null ? "openclaw-extra" : "openclaw-plugin");
  };
  return {
    workspaceDir,
    managedDir: paths.skills,
    list: () => registry.skills().map((skill) => ({ ...skill, source: sourceOf(skill) })),
    commands: () => [
      ...hostCommands().map((command) => ({ ...command, skill: null })),
      ...skillCommands(callable(registry)).map(({ name, skill, description }) => {
        return { name, description, acceptsArgs: true, skill };
      }),
    ],
  };
}

/** Skills that people may call up now. */
export function callable(registry: Registry): SkillSummary[] {
  return registry.skills().filter((skill) => skill.isEligible && skill.userMayCall);
}
