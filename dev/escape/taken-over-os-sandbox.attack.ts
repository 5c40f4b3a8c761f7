/** A taken-over sandbox process that has also got past Node's permission model, against the OS sandbox alone. */
import { bare, confinementsFor } from "#host/sandbox/confinements.ts";
import type { Hazard } from "./hazard.ts";
import { outcomeOf, takeOver, withoutNodePermission } from "./taken-over.ts";

/** In a network of its own with nobody in it, and without a file but Node's: it may play with itself. */
const HARMLESS = ["start itself again", "make a worker", "open the inspector", "listen"];
/** Without a wall these need a host that runs as root. */
const NEEDS_ROOT = process.getuid?.() === 0 ? [] : ["become root"];

export const hazard: Hazard = {
  name: "a sandbox process that was taken over, past Node's permission model as well: also the host's signals, environment and user",
  wall: "OS sandbox",
  canary: "what the row above names, a process of the sandbox's own user, the host's environment",
  without: "nothing around it",
  attack: async (wall, files) => {
    const [strongest = bare] = confinementsFor(process.platform, process.getuid?.());
    const confinement = withoutNodePermission(wall === "stands" ? strongest : bare);
    return outcomeOf(wall, await takeOver(confinement, files), [...HARMLESS, ...NEEDS_ROOT]);
  },
};
