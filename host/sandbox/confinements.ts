/** Which ways to confine a sandbox process a platform knows, the strongest first. */
import { bubblewrapAsNobody, bubblewrapInUserNamespace } from "./bubblewrap.ts";
import { nodeCommand, type Confinement } from "./confinement.ts";
import { seatbelt } from "./seatbelt.ts";
import { setpriv, setprivAsNobody } from "./setpriv.ts";

/** Node's permission model alone: what is left when nothing else can be built. */
export const bare: Confinement = {
  name: "none",
  adds: null,
  fix: "Reinstall: the sandbox's own Node must start with --permission and isolated-vm",
  command: async (files) => nodeCommand(files),
};

/** `uid` is the host's own, undefined where the system has none. */
export function confinementsFor(platform: string, uid: number | undefined): readonly Confinement[] {
  if (platform === "darwin") return [seatbelt, bare];
  if (platform !== "linux") return [bare];
  if (uid === 0) return [bubblewrapAsNobody, bubblewrapInUserNamespace, setprivAsNobody, setpriv, bare];
  return [bubblewrapInUserNamespace, setpriv, bare];
}
