/**
 * The first program in a command's sandbox: a few lines of shell, all ours, with everything foreign as arguments.
 *
 * It compares each mounted folder with what the host found, goes to the command's own folder, says on stderr that the
 * command begins, and becomes the command. Until it has said so, nothing that a plugin chose has run, and what stands on stderr is the sandbox's
 * own trouble.
 */
import { randomUUID } from "node:crypto";
import type { FoundMount } from "./find-mounts.ts";

/** Behind the mark on one line: the folder to run in is not there. */
export const NOWHERE = " nowhere";

/** Arguments: mark, folder, (path, identity)…, `:`, command…. */
const SCRIPT = `
mark=$1 folder=$2; shift 2
while [ "$1" != : ]; do
  [ "$(stat -c %d:%i -- "$1")" = "$2" ] || { echo "swapped while it was mounted: $1" >&2; exit 1; }
  shift 2
done
shift
cd -- "$folder" 2>/dev/null || { printf '%s\\n' "$mark${NOWHERE}" >&2; exit 1; }
unset OLDPWD
printf '%s\\n' "$mark" >&2
exec "$@"`;

/** A line that no command can have printed before it began. */
export function newMark(): string {
  return `begins ${randomUUID()}`;
}

export interface Guarded {
  readonly mark: string;
  readonly cwd: string;
  /** To be compared. */
  readonly mounts: readonly FoundMount[];
}

export function guarded({ mark, cwd, mounts }: Guarded, command: readonly string[]): string[] {
  const checks = mounts.flatMap(({ path, identity }) => [path, identity]);
  return ["/bin/sh", "-c", SCRIPT, "sh", mark, cwd, ...checks, ":", ...command];
}
