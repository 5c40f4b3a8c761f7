/**
 * Which sandbox commands run in here: found by running one, and none is run without.
 *
 * The strongest that works is taken, once in a host's life. Where none works, each command is refused with the fix,
 * and the next one tries again: what was missing may have been installed.
 */
import { asHostError } from "#host/base/errors.ts";
import type { Wall } from "#host/base/wall.ts";
import { bubblewrapAsRoot, bubblewrapInUserNamespace, unconfinable } from "./bubblewrap.ts";
import type { CommandConfinement } from "./confinement.ts";
import type { CommandLimits } from "./command-limits.ts";
import { newMark } from "./guard.ts";
import { findTool } from "./program.ts";
import { RunningCommand } from "./running-command.ts";
import { seatbelt } from "./seatbelt.ts";

export type Found =
  | { readonly ok: true; readonly confinement: CommandConfinement }
  | { readonly ok: false; readonly reasons: string; readonly fix: string };

export interface CommandSandbox {
  find(): Promise<Found>;
  wall(): Wall;
}

/** The first that works is taken. */
export function confinementsFor(platform: string, uid: number | undefined): readonly CommandConfinement[] {
  if (platform === "darwin") return [seatbelt];
  if (platform !== "linux") return [unconfinable];
  return uid === 0 ? [bubblewrapInUserNamespace, bubblewrapAsRoot] : [bubblewrapInUserNamespace];
}

export function createCommandSandbox(
  limits: CommandLimits,
  candidates: readonly CommandConfinement[] = confinementsFor(process.platform, process.getuid?.()),
): CommandSandbox {
  let found: Found | null = null;
  let finding: Promise<Found> | null = null;
  return {
    async find() {
      if (found?.ok === true) return found;
      finding ??= findAmong(candidates, limits).finally(() => {
        finding = null;
      });
      found = await finding;
      return found;
    },
    wall: () => wallOf(found),
  };
}

async function findAmong(candidates: readonly CommandConfinement[], limits: CommandLimits): Promise<Found> {
  const reasons: string[] = [];
  for (const confinement of candidates) {
    const reason = await whyNot(confinement, limits);
    if (reason === null) return { ok: true, confinement };
    reasons.push(`${confinement.name}: ${reason}`);
  }
  return { ok: false, reasons: reasons.join("; "), fix: candidates[0]?.fix ?? "" };
}

/** Runs a command that does nothing. Null if it ran and ended well. */
async function whyNot(confinement: CommandConfinement, limits: CommandLimits): Promise<string | null> {
  try {
    const mark = newMark();
    const path = findTool("true");
    const program = { path, real: path };
    const spec = { program, args: [], variables: 0, cwd: "/", mounts: [], masks: [], mark, limits };
    const run = new RunningCommand({
      argv: confinement.argvFor(spec),
      env: {},
      mark,
      deed: "run nothing",
      limits,
      signal: new AbortController().signal,
    });
    void run.feed((async function* () {})());
    await run.begun();
    await run.gone();
    return null;
  } catch (thrown) {
    return asHostError(thrown).message;
  }
}

function wallOf(found: Found | null): Wall {
  const id = "commands";
  if (found === null) return { id, state: "unknown", detail: "No command has been run yet" };
  if (found.ok)
    return {
      id,
      state: "stands",
      detail: `A command was run behind ${found.confinement.name}; others run there too`,
    };
  return {
    id,
    state: "missing",
    detail: `No command is run, as none can be confined: ${found.reasons}`,
    fix: found.fix,
  };
}
