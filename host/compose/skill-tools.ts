/** What `openclaw skills check` does; it needs neither a gateway nor the state folder's lock. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { systemClock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import type { SkillVerdict } from "#host/base/skill.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig } from "#host/config/load.ts";
import { prepareState } from "#host/config/state.ts";
import { checkSkills } from "#host/registry/check-skills.ts";
import { skillFolders } from "./plugins.ts";

export interface SkillTools {
  check(folder: string): AsyncIterable<SkillVerdict>;
  folders(): Promise<readonly string[]>;
}

export function createSkillTools(stateDir: string, environment: Environment): SkillTools {
  return {
    check: (folder) => checkSkills(folder),
    async folders() {
      const paths = prepareState(stateDir);
      const log = createLog({ clock: systemClock, level: "error", format: "text", write: () => {} });
      const config = createConfig({ paths, homeDir: homedir(), environment, log });
      config.stop();
      return skillFolders(paths, config.current()).filter((folder) => existsSync(folder));
    },
  };
}
