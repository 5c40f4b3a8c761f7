/**
 * macOS: a command under `sandbox-exec`, with a profile that denies everything and names what was granted.
 *
 * Written without a Mac at hand and not tried. There are no process namespaces here: a command that may start others
 * could leave some behind, so it may start none but itself. Rules are by the real path of what is opened, so that
 * links lead nowhere.
 */
import type { CommandConfinement, CommandSpec } from "./confinement.ts";
import { guarded } from "./guard.ts";
import { withVariables } from "./variables.ts";

/** Arguments: seconds, blocks of 512 bytes, KiB, files, command…. */
const IN_LIMITS =
  'set -e; ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; ulimit -d "$3"; ulimit -n "$4"; shift 4; exec /usr/bin/nice -n 10 "$@"';

const SYSTEM = [
  "/usr",
  "/bin",
  "/sbin",
  "/System",
  "/Library/Apple",
  "/opt/homebrew",
  "/private/var/db/dyld",
  "/private/var/select/sh",
];

export const seatbelt: CommandConfinement = {
  name: "sandbox-exec",
  fix: "Allow /usr/bin/sandbox-exec to run",
  argvFor: (spec) => [
    "/bin/sh",
    "-c",
    IN_LIMITS,
    "sh",
    ...boundsOf(spec.limits),
    "/usr/bin/sandbox-exec",
    "-p",
    profileFor(spec),
    ...guarded({ ...spec, mounts: [] }, withVariables(spec.variables, [spec.program.real, ...spec.args])),
  ],
};

function boundsOf({ cpuSeconds, fileBytes, dataBytes, openFiles }: CommandSpec["limits"]): string[] {
  return [cpuSeconds, Math.floor(fileBytes / 512), Math.floor(dataBytes / 1024), openFiles].map(String);
}

/** A profile in the sandbox profile language. Later rules win, so deeper folders come later. */
export function profileFor({ program, mounts, masks }: CommandSpec): string {
  const granted = [
    ...mounts.map(({ path, access }) => ({ path, rule: access === "write" ? WRITABLE : READABLE })),
    ...masks.map((path) => ({ path, rule: HIDDEN })),
  ].sort((one, other) => one.path.length - other.path.length);
  return [
    "(version 1)",
    "(deny default)",
    `(allow process-exec (literal "/bin/sh") (literal "/bin/bash") (literal "/usr/bin/env") (literal ${quote(program.real)}))`,
    "(allow process-info* (target self))",
    "(allow signal (target self))",
    "(allow sysctl-read)",
    `(allow file-read* ${SYSTEM.map(subpath).join(" ")})`,
    `(allow file-read* (literal "/") (literal "/dev/urandom") (literal "/dev/random") (literal ${quote(program.real)}))`,
    '(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/zero"))',
    ...granted.map(({ path, rule }) => `(${rule} ${subpath(path)})`),
    // As a mount on Linux: nobody inside moves it away.
    ...mounts.map(({ path }) => `(deny file-write-unlink (literal ${quote(path)}))`),
    "(deny network*)",
    "(deny process-fork)",
  ].join("\n");
}

const READABLE = "allow file-read*";
const WRITABLE = "allow file-read* file-write*";
const HIDDEN = "deny file-read* file-write*";

function subpath(path: string): string {
  return `(subpath ${quote(path)})`;
}

function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
