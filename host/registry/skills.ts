/** Every skill that the agent may be offered: those that are only text, and those that come with a plugin. */
import type { SkillNeeds } from "#manifests/skill.ts";
import type { Blobs } from "./blobs.ts";
import type { Shelf } from "./shelf.ts";
import type { TextSkills } from "./text-skills.ts";
import type { VersionSkill } from "./version.ts";

export interface SkillSummary {
  readonly name: string;
  /** When to use it; one line. */
  readonly description: string;
  /** The plugin that it comes with; null for one that is only text. */
  readonly pluginId: string | null;
  /** False when only a person may call it up. */
  readonly modelMayUse: boolean;
  /** What the instructions rely on. Kept as a request; it grants nothing. Null where nothing is said. */
  readonly needs: SkillNeeds | null;
}

export interface SkillShelf {
  list(): readonly SkillSummary[];
  /** Rejects with `plugin.unknown` or `plugin.broken`. */
  text(name: string): Promise<string>;
}

export function createSkillShelf(shelf: Shelf, texts: TextSkills, blobs: Blobs): SkillShelf {
  /** Skills of plugins that serve. Their text is that of the version that serves, from the cache. */
  function ofPlugins(): (VersionSkill & { readonly pluginId: string })[] {
    return shelf.slots().flatMap(({ id, serving, settings }) => {
      const skill = serving?.skill ?? null;
      return skill === null || !settings.enabled ? [] : [{ ...skill, pluginId: id }];
    });
  }
  return {
    list() {
      const plugins = ofPlugins().map(({ name, description, pluginId, modelMayUse }): SkillSummary => {
        return { name, description, pluginId, modelMayUse, needs: null };
      });
      const plain = texts.list().map(({ skill }): SkillSummary => {
        const { name, description, modelMayUse, needs } = skill;
        return { name, description, pluginId: null, modelMayUse, needs };
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
