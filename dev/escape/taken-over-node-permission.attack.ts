/** A taken-over sandbox process against Node's permission model alone, as on a machine without bubblewrap. */
import { bare } from "#host/sandbox/confinements.ts";
import type { Hazard } from "./hazard.ts";
import { outcomeOf, takeOver, withoutNodePermission } from "./taken-over.ts";

/** Node has no rule for either: the user it runs as and its signals are the OS sandbox's to take. */
const NOT_CLAIMED = ["signal a process of the host", "become root"];

export const hazard: Hazard = {
  name: "a sandbox process that was taken over: files, sockets, programs, workers, addons, databases, inspector",
  wall: "`node --permission`, with what the child gives up once it has started",
  canary: "a file that all may read, a folder that all may write, servers on this machine",
  without: "plain Node",
  attack: async (wall, files) => {
    const confinement = wall === "stands" ? bare : withoutNodePermission(bare);
    return outcomeOf(wall, await takeOver(confinement, files), NOT_CLAIMED);
  },
};
