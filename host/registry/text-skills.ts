/**
 * Skills that are instructions and nothing else: a folder with a `SKILL.md`.
 *
 * Keeps names and descriptions; the text is read when it is asked for. A skill whose file breaks is offered
 * as it was before, and its problem is logged. Of two with one name the later root's is offered.
 */
import { platform } from "node:os";
import { basename } from "node:path";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { formatIssue } from "#manifests/issue.ts";
import { parseSkill, type Skill } from "#manifests/skill.ts";
import type { Found, Root } from "./discover.ts";
import { readSkillFile } from "./skill-file.ts";

export interface TextSkill {
  readonly folder: string;
  readonly root: Root;
  readonly skill: Omit<Skill, "text">;
}

export interface TextSkills {
  /** Reads the folder's `SKILL.md`. Never rejects: what is wrong is logged. */
  read(found: Found): Promise<void>;
  forget(folder: string): void;
  /** One of each name, by name. */
  list(): readonly TextSkill[];
  /** The instructions, as they are now. Rejects with `plugin.unknown` or `plugin.broken`. */
  text(name: string): Promise<string>;
}

export function createTextSkills(roots: readonly Root[], maxBytes: number, log: Log): TextSkills {
  const skills = new Map<string, TextSkill>();

  /** The one that is offered under each name. */
  function byName(): Map<string, TextSkill> {
    const here = [...skills.values()];
    // One for another platform stands behind one that can be used.
    const order = (one: TextSkill) => roots.indexOf(one.root) - (fitsPlatform(one.skill) ? 0 : roots.length);
    here.sort((a, b) => order(a) - order(b) || (a.folder < b.folder ? 1 : -1));
    return new Map(here.map((one) => [one.skill.name, one]));
  }
  return {
    async read({ folder, root }) {
      try {
        const { text: _text, ...skill } = await readSkill(folder, maxBytes);
        skills.set(folder, { folder, root, skill });
      } catch (error) {
        log.warn(`Cannot use the skill "${basename(folder)}"`, { error });
      }
    },
    forget: (folder) => void skills.delete(folder),
    list: () => [...byName().values()].sort((a, b) => (a.skill.name < b.skill.name ? -1 : 1)),
    async text(name) {
      const found = byName().get(name);
      if (found === undefined)
        throw new HostError("plugin.unknown", `Cannot read the skill "${name}": there is none`);
      return (await readSkill(found.folder, maxBytes)).text;
    },
  };
}

async function readSkill(folder: string, maxBytes: number): Promise<Skill> {
  const text = new TextDecoder().decode(await readSkillFile(folder, maxBytes));
  const parsed = await parseSkill(text, basename(folder));
  if (parsed.ok) return parsed.skill;
  throw new HostError("plugin.broken", parsed.issues.map(formatIssue).join("; "));
}

function fitsPlatform(skill: Omit<Skill, "text">): boolean {
  return skill.needs.os.length === 0 || skill.needs.os.includes(platform());
}
