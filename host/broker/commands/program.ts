/**
 * Which file on the disk a command is.
 *
 * Looked up by the host in the system's own folders, never along a variable. Refuses a program that a plugin could
 * have put there: what really lies beneath the owner's home, state or workspace folder, and what others may change.
 */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import { isBeneath } from "#manifests/paths.ts";
import type { PathRoots } from "#manifests/paths.ts";
import { quote } from "../describe.ts";
import { EffectError } from "../failure.ts";

/** The folders of a command's PATH, outside and inside. */
export const PROGRAM_FOLDERS: readonly string[] =
  process.platform === "darwin"
    ? ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    : ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

export interface Program {
  /** As it is to be started: many programs go by the name that they were called by. */
  readonly path: string;
  /** Where that leads. */
  readonly real: string;
}

/** Throws an EffectError: `not-found`, or `denied` for a program that is not the system's. */
export function findProgram(command: string, roots: PathRoots): Program {
  const paths = command.startsWith("/") ? [command] : PROGRAM_FOLDERS.map((folder) => join(folder, command));
  const path = paths.find(isProgram);
  if (path === undefined) {
    const where = command.startsWith("/") ? "there" : `in ${PROGRAM_FOLDERS.join(", ")}`;
    throw new EffectError(
      "not-found",
      `Cannot run ${quote(command)}: no such program is installed ${where}`,
      {
        fix: "Install it with the system's package manager",
      },
    );
  }
  const real = realpathSync(path);
  refuseReplaceable(command, [path, real], roots);
  return { path, real };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function refuseReplaceable(command: string, paths: readonly string[], roots: PathRoots): void {
  const own = [roots.home, roots.state, roots.workspace, roots.plugin].filter((root) => root !== null);
  const isOwn = paths.some((path) => own.some((root) => isBeneath(path, root)));
  const isOpen = paths.some((path) => othersMayChange(path) || othersMayChange(dirname(path)));
  if (!isOwn && !isOpen) return;
  const reason = isOwn ? "it lies where plugins may write" : "other users may change it";
  throw new EffectError("denied", `Cannot run ${quote(command)}: ${reason}`, {
    fix: "Install the program in a folder of the system, owned by root",
  });
}

/** By its group is no concern: distributions give system folders to groups of administrators. */
function othersMayChange(path: string): boolean {
  return (statSync(path).mode & constants.S_IWOTH) !== 0;
}

/** Where a program that the host itself needs stands. Throws HostError `sandbox.unavailable`. */
export function findTool(name: string): string {
  const path = PROGRAM_FOLDERS.map((folder) => join(folder, name)).find(isProgram);
  if (path !== undefined) return path;
  throw new HostError("sandbox.unavailable", `"${name}" is not installed`);
}
