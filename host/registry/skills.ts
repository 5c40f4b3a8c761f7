/**
 * Every skill that there is: those that are only text, and those that come with a plugin, each with what it needs of
 * the machine and who holds it. Of those, the agent is offered what is eligible.
 */
import type { JsonObject } from "#host/base/json.ts";
import type { SkillRequest, SkillSummary } from "#host/base/skill.ts";
import type { Skill } from "#manifests/skill.ts";
import type { Blobs } from "./blobs.ts";
import type { Shelf } from "./shelf.ts";
import { type Machine, type SkillSettings, standingOf } from "./skill-standing.ts";
import type { TextSkills } from "./text-skills.ts";
import type { VersionSkill } from "./version.ts";

export interface SkillShelf {
  /** By name, with those that cannot be used. */
  list(): readonly SkillSummary[];
  /** Rejects with `plugin.unknown` or `plugin.broken`. */
  text(name: string): Promise<string>;
}

export interface SkillShelfDeps {
  readonly shelf: Shelf;
  readonly texts: TextSkills;
  readonly blobs: Blobs;
  readonly machine: Machine;
  /** By `skillKey`; null where the owner said nothing. */
  readonly settingsOf: (skillKey: string) => SkillSettings | null;
}

interface OfPlugin extends VersionSkill {
  readonly pluginId: string;
  readonly folder: string;
  readonly isBuiltIn: boolean;
}

export function createSkillShelf({ shelf, texts, blobs, machine, settingsOf }: SkillShelfDeps): SkillShelf {
  /** Skills of plugins that serve. Their text is that of the version that serves, from the cache. */
  function ofPlugins(): OfPlugin[] {
    return shelf.slots().flatMap(({ id, serving, settings, folder, origin }) => {
      const skill = serving?.skill ?? null;
      if (skill === null || !settings.enabled) return [];
      return [{ ...skill, pluginId: id, folder, isBuiltIn: origin === "builtin" }];
    });
  }

  function holdersOf(kind: SkillRequest["kind"], name: string): string[] {
    return shelf.slots().flatMap((slot) => {
      const { rights, settings } = slot;
      const programs = () => rights.commands.flatMap(({ command }) => programsOf(command, settings.config));
      const held =
        kind === "command"
          ? programs().some((program) => program === name || program.endsWith(`/${name}`))
          : rights.secrets.some((secret) => secret.name === name);
      return held && slot.serving !== null && settings.enabled ? [slot.id] : [];
    });
  }

  function requestsOf({ needs, primaryEnv }: Omit<Skill, "text">): SkillRequest[] {
    const commands = [...new Set([...needs.bins, ...needs.anyBins])];
    const secrets = [...new Set([...needs.env, ...(primaryEnv === null ? [] : [primaryEnv])])];
    const request = (kind: SkillRequest["kind"]) => (name: string) => {
      return { kind, name, heldBy: holdersOf(kind, name) };
    };
    return [...commands.map(request("command")), ...secrets.map(request("secret"))];
  }

  function summaryOf(
    skill: Omit<Skill, "text">,
    place: Pick<SkillSummary, "pluginId" | "folder" | "isBuiltIn">,
  ): SkillSummary {
    return {
      name: skill.name,
      description: skill.description,
      modelMayUse: skill.modelMayUse,
      userMayCall: skill.userMayCall,
      commandTool: skill.commandTool,
      skillKey: skill.skillKey,
      emoji: skill.emoji,
      homepage: skill.homepage,
      primaryEnv: skill.primaryEnv,
      install: skill.install,
      needs: skill.needs,
      always: skill.always,
      ...place,
      ...standingOf(skill, machine, settingsOf(skill.skillKey)),
      requests: requestsOf(skill),
    };
  }

  return {
    list() {
      const plugins = ofPlugins().map((skill) => summaryOf(skill, skill));
      const plain = texts.list().map(({ skill, folder, root }) => {
        return summaryOf(skill, { pluginId: null, folder, isBuiltIn: root.origin === "builtin" });
      });
      // The owner's own text goes before a plugin's of the same name, as in OpenClaw.
      const byName = new Map([...plugins, ...plain].map((skill) => [skill.name, skill]));
      return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async text(name) {
      const isPlain = texts.list().some(({ skill }) => skill.name === name);
      const plugin = isPlain ? undefined : ofPlugins().find((skill) => skill.name === name);
      return plugin === undefined
        ? texts.text(name)
        : new TextDecoder().decode(await blobs.get(plugin.textHash));
    },
  };
}

/** A right's program, or those that the plugin's settings list for it: "git log -**" is git. */
function programsOf(command: string, config: JsonObject): string[] {
  const key = /^\$config\.(\w+)$/.exec(command)?.[1];
  if (key === undefined) return [command];
  const listed = config[key];
  return Array.isArray(listed) ? listed.map((entry) => String(entry).split(" ")[0] ?? "") : [];
}
