/**
 * The first program in a command's sandbox: a few lines of shell, all ours, with everything foreign as arguments.
 *
 * It compares each mounted folder with what the host found, says on stderr that the command begins, and becomes the
 * command. Until it has said so, nothing that a plugin chose has run, and what stands on stderr is the sandbox's
 * own trouble.
 */
import { randomUUID } from "node:crypto";
import type { FoundMount } from "./find-mounts.ts";

/** Arguments: mark, (path, identity)…, `:`, command…. */
const SCRIPT = `
mark=$1; shift
while [ "$1" != : ]; do
  [ "$(stat -c %d:%i -- "$1")" = "$2" ] || { echo "swapped while it was mounted: $1" >&2; exit 1; }
  shift 2
done
shift
printf '%s\\n' "$mark" >&2
exec "$@"`;

/** A line that no command can have printed before it began. */
export function newMark(): string {
  return `begins ${randomUUID()}`;
}

export function guarded(mark: string, mounts: readonly FoundMount[], command: readonly string[]): string[] {
  const checks = mounts.flatMap(({ path, identity }) => [path, identity]);
  return ["/bin/sh", "-c", SCRIPT, "sh", mark, ...checks, ":", ...command];
}
