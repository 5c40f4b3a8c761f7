/**
 * A sandbox process without namespaces: where bubblewrap can't start, for example in a container.
 *
 * It ends with the host, also when it is stuck in a loop, and can gain no privilege through a setuid program.
 */
import { locate, nodeCommand, type Confinement } from "./confinement.ts";

/** The user and group `nobody`, who own nothing. */
export const NOBODY = "65534";

/** Arguments of setpriv. The death signal outlives the change of user, as setpriv sets it last. */
export const SETPRIV_ARGS = ["--pdeathsig", "KILL", "--no-new-privs"];
export const DROP_TO_NOBODY = words(
  `--reuid ${NOBODY} --regid ${NOBODY} --clear-groups --inh-caps=-all --bounding-set=-all`,
);

/** For a host that runs as root. */
export const setprivAsNobody: Confinement = {
  name: "setpriv as nobody",
  adds: "it runs as the user nobody without capabilities and ends with the host",
  fix: "Install util-linux, and let every user read the sandbox's files",
  command: async (files) => [
    await locate("setpriv"),
    ...SETPRIV_ARGS,
    ...DROP_TO_NOBODY,
    "--",
    ...nodeCommand(files),
  ],
};

export const setpriv: Confinement = {
  name: "setpriv",
  adds: "it ends with the host and can gain no privileges",
  fix: "Install util-linux",
  command: async (files) => [await locate("setpriv"), ...SETPRIV_ARGS, "--", ...nodeCommand(files)],
};

/** Arguments as one reads them in a terminal; none of them has a space in it. */
export function words(line: string): string[] {
  return line.split(" ");
}
