/**
 * Linux: a command in namespaces of its own, built by bubblewrap.
 *
 * It sees the system's programs and libraries read-only, the granted folders under their own names, a /tmp of its
 * own, and nothing else; no network, no other processes, no capabilities, no way to new namespaces. It keeps the
 * host's user, since granted folders belong to that user and must stay writable. For a host that runs as root that
 * means: root without capabilities, who still owns what is written under /proc/sys; so /proc is read-only.
 */
import { lstatSync, readlinkSync } from "node:fs";
import { isBeneath } from "#manifests/paths.ts";
import { HostError } from "#host/base/errors.ts";
import type { CommandConfinement, CommandSpec } from "./confinement.ts";
import { guarded } from "./guard.ts";
import { findTool, type Program } from "./program.ts";
import { withVariables } from "./variables.ts";

/** User and group as the command sees itself; outside they are the host's own. */
const NOBODY = "65534";
/** Links where `/usr` holds everything, folders elsewhere. */
const SYSTEM_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/** What programs need to find their libraries, each other and the time. No names of users, no keys. */
const SYSTEM_FILES = ["/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"];
const DEVICES = ["null", "zero", "full", "random", "urandom"];

export const bubblewrapInUserNamespace: CommandConfinement = {
  name: "bubblewrap",
  fix: "Install bubblewrap (0.8 or later) and util-linux, and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap)",
  argvFor: (spec) => argvFor(spec, words(`--unshare-user --disable-userns --uid ${NOBODY} --gid ${NOBODY}`)),
};

/** For a host that runs as root where nobody can make user namespaces. */
export const bubblewrapAsRoot: CommandConfinement = {
  name: "bubblewrap without a user namespace",
  fix: "Install bubblewrap (0.8 or later) and util-linux",
  argvFor: (spec) => argvFor(spec, []),
};

function argvFor(spec: CommandSpec, user: readonly string[]): string[] {
  const { program, args, variables, limits } = spec;
  const command = [...limited(limits), "--", ...withVariables(variables, [startedAs(program), ...args])];
  return [
    [findTool("bwrap")],
    user,
    words("--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try --cap-drop ALL"),
    words("--die-with-parent --new-session --hostname sandbox"),
    systemTree(limits.tmpBytes),
    isSystems(program.path) ? [] : ["--ro-bind", program.real, program.real],
    grantedTree(spec),
    words("--remount-ro / --chdir / --"),
    guarded(spec, command),
  ].flat();
}

function systemTree(tmpBytes: number): string[] {
  return [
    words("--ro-bind /usr /usr"),
    SYSTEM_FOLDERS.flatMap(systemFolder),
    SYSTEM_FILES.flatMap((path) => ["--ro-bind-try", path, path]),
    words("--proc /proc --remount-ro /proc --dir /dev --symlink /proc/self/fd /dev/fd"),
    DEVICES.flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]),
    words(`--size ${tmpBytes} --tmpfs /tmp --size ${tmpBytes} --tmpfs /dev/shm`),
  ].flat();
}

function systemFolder(path: string): string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
}

/** From the outside in, so that what lies deeper lies on top. */
function grantedTree({ mounts, masks }: CommandSpec): string[] {
  const steps = [
    ...mounts.map(({ path, access }) => ({
      path,
      words: [access === "write" ? "--bind" : "--ro-bind", path, path],
    })),
    ...masks.map((path) => ({ path, words: ["--size", "65536", "--tmpfs", path] })),
  ].sort((one, other) => one.path.length - other.path.length);
  return [...steps.flatMap((step) => step.words), ...masks.flatMap((path) => ["--remount-ro", path])];
}

/**
 * The number of processes is counted within the user namespace; for root the system does not count, the watch does.
 * It gets less of a busy processor than the host, which has to watch it.
 */
function limited({ cpuSeconds, dataBytes, fileBytes, openFiles, tasks }: CommandSpec["limits"]): string[] {
  return [
    findTool("nice"),
    "-n",
    "10",
    findTool("prlimit"),
    ...words(`--cpu=${cpuSeconds} --data=${dataBytes} --fsize=${fileBytes} --nofile=${openFiles}`),
    ...words(`--nproc=${tasks} --core=0 --memlock=65536 --msgqueue=0`),
  ];
}

function startedAs({ path, real }: Program): string {
  return isSystems(path) ? path : real;
}

function isSystems(path: string): boolean {
  return ["/usr", ...SYSTEM_FOLDERS].some((folder) => isBeneath(path, folder));
}

/** Arguments as one reads them in a terminal; none of them has a space in it. */
function words(line: string): string[] {
  return line.split(" ");
}

/** For a platform that no confinement is known for. */
export const unconfinable: CommandConfinement = {
  name: "none",
  fix: "Run the gateway on Linux with bubblewrap, or on macOS",
  argvFor() {
    throw new HostError("sandbox.unavailable", "no sandbox for commands is known on this system");
  },
};
