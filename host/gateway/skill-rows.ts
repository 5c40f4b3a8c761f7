/** Skills and slash commands as rows for clients: upstream's `skills.status` and `commands.list`, with our reasons. */
import type { SkillNeedLists } from "#host/base/skill.ts";
import type { SkillsPort, SlashCommand } from "./ports.ts";
import type { CommandRow, SkillRow, SkillsStatusAnswer } from "./protocol/skills.ts";
import { MAIN_AGENT } from "./session-key.ts";

type Listed = ReturnType<SkillsPort["list"]>[number];

export function skillsStatus({ workspaceDir, managedDir, list }: SkillsPort): SkillsStatusAnswer {
  return {
    workspaceDir,
    managedSkillsDir: managedDir,
    agentId: MAIN_AGENT,
    skills: list().map(toSkillRow),
  };
}

function toSkillRow(skill: Listed): SkillRow {
  const { emoji, homepage, primaryEnv, needs, missing, isEligible } = skill;
  return {
    name: skill.name,
    description: skill.description,
    source: skill.source,
    bundled: skill.isBuiltIn,
    filePath: `${skill.folder}/SKILL.md`,
    baseDir: skill.folder,
    skillKey: skill.skillKey,
    ...(emoji === null ? {} : { emoji }),
    ...(homepage === null ? {} : { homepage }),
    ...(primaryEnv === null ? {} : { primaryEnv }),
    always: skill.always,
    disabled: skill.isDisabled,
    blockedByAllowlist: false,
    blockedByAgentFilter: false,
    eligible: isEligible,
    platformIncompatible: missing.os.length > 0,
    modelVisible: isEligible && skill.modelMayUse,
    userInvocable: skill.userMayCall,
    commandVisible: isEligible && skill.userMayCall,
    requirements: lists(needs),
    missing: lists(missing),
    configChecks: needs.config.map((path) => ({ path, satisfied: !missing.config.includes(path) })),
    install: skill.install.map(({ id, kind, label, bins }) => ({ id, kind, label, bins: [...bins] })),
    pluginId: skill.pluginId,
    reasons: [...skill.reasons],
    requests: skill.requests.map(({ kind, name, heldBy }) => ({ kind, name, heldBy: [...heldBy] })),
  };
}

function lists({ bins, anyBins, env, config, os }: SkillNeedLists): SkillRow["requirements"] {
  return { bins: [...bins], anyBins: [...anyBins], env: [...env], config: [...config], os: [...os] };
}

export function toCommandRow({ name, description, acceptsArgs, skill }: SlashCommand): CommandRow {
  return {
    name,
    nativeName: name,
    textAliases: [`/${name}`],
    description,
    category: skill === null ? "session" : "tools",
    source: skill === null ? "native" : "skill",
    scope: "both",
    acceptsArgs,
    ...(acceptsArgs && skill !== null
      ? { args: [{ name: "input", description: "What to do", type: "string" }] }
      : {}),
  };
}
