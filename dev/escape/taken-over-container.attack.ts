/** A taken-over sandbox process, past Node's permission model, in the profile of the cluster: a container by runc. */
import { bare } from "#host/sandbox/confinements.ts";
import { BWRAP_INSIDE, container, removeContainers } from "./container.ts";
import type { Hazard } from "./hazard.ts";
import { outcomeOf, takeOver, withoutNodePermission } from "./taken-over.ts";

/** In a network of its own with nobody in it, and without a file but Node's: it may play with itself. */
const HARMLESS = ["start itself again", "make a worker", "open the inspector", "listen"];

export const hazard: Hazard = {
  name: "a sandbox process that was taken over, in the cluster's container, where bubblewrap can't start",
  wall: "container (runc: uid 10001, read-only root, no capabilities, a network with nobody in it, seccomp against namespaces)",
  canary: "all that the next two rows name, and a bubblewrap that starts",
  without: "nothing around it",
  container: true,
  attack: async (wall, files) => {
    if (wall === "down") return outcomeOf(wall, await takeOver(withoutNodePermission(bare), files), HARMLESS);
    try {
      return outcomeOf(wall, await takeOver(container, files, { bwrap: BWRAP_INSIDE }), HARMLESS);
    } finally {
      removeContainers();
    }
  },
};
