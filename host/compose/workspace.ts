/** The agents' workspaces: made where the configuration names them, never emptied or moved. */
import { mkdirSync } from "node:fs";
import { HostError } from "#host/base/errors.ts";
import type { Config } from "#host/config/config.ts";

/** Throws a HostError `state.unwritable` that names the folder and where it was configured. */
export function prepareWorkspaces(config: Config): void {
  for (const { id, workspace } of config.agents) {
    try {
      mkdirSync(workspace, { recursive: true });
    } catch (cause) {
      const rule = cause instanceof Error ? cause.message : String(cause);
      throw new HostError("state.unwritable", `Cannot make the workspace of agent "${id}": ${rule}`, {
        fix: 'Name a folder that this user may write with "agents": { "defaults": { "workspace": … } }',
        cause,
      });
    }
  }
}
