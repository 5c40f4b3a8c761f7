/**
 * A way to run a command so that it reaches nothing but what it was given.
 *
 * Why not @anthropic-ai/sandbox-runtime, which wraps the same two programs (looked at: 0.0.83): it takes a line for
 * a shell, lets everything be read that is not denied, keeps one policy for the whole process, and checks nothing
 * of what it mounted. Here it is an argv, nothing is seen that is not granted, and each run has its own rights.
 */
import type { CommandLimits } from "./command-limits.ts";
import type { FoundMount } from "./find-mounts.ts";
import type { Program } from "./program.ts";

export interface CommandSpec {
  readonly program: Program;
  readonly args: readonly string[];
  /** How many variables the environment carries for it (`variables.ts`). */
  readonly variables: number;
  readonly cwd: string;
  readonly mounts: readonly FoundMount[];
  readonly masks: readonly string[];
  /** Printed on stderr as a line before the command begins. */
  readonly mark: string;
  readonly limits: CommandLimits;
}

export interface CommandConfinement {
  /** As it stands in the wall's detail and in the log. */
  readonly name: string;
  /** How it would be made to work, for whoever sees it fail. */
  readonly fix: string;
  /** Program and arguments. Throws a HostError if it can't be built here. */
  argvFor(spec: CommandSpec): readonly string[];
}
