/**
 * A sandbox process inside a container as the cluster starts it: its own user, a read-only root that is built by
 * hand from Node and its libraries, no capabilities, no network, and a seccomp profile that forbids namespaces, so
 * that bubblewrap can't start there.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Confinement, SandboxFiles } from "#host/sandbox/confinement.ts";
import { nodeCommand } from "#host/sandbox/confinement.ts";
import { tempFolder } from "#host/sandbox/sandboxes-for-tests.ts";

const NAME = `openclaw-escape-${process.pid}`;
const UID = 10_001;
const INSIDE: SandboxFiles = {
  node: "/sandbox/node",
  addon: "/sandbox/isolated-vm.node",
  child: "/sandbox/child.mjs",
  snapshot: "/sandbox/edge.snapshot",
};
/** Whose start is attempted inside. */
export const BWRAP_INSIDE = "/sandbox/bwrap";

const CLONE_NEWUSER = 0x1000_0000;
const EPERM = 1;
const ENOSYS = 38;

export const container: Confinement = {
  name: "container",
  adds: "a container of its own",
  fix: "Install runc",
  command: async (files) => {
    const bundle = await makeBundle(files);
    // A container's name may be used once; the shell that becomes runc has a number of its own.
    return ["/bin/sh", "-c", 'exec runc run --bundle "$1" "$2-$$"', "sh", bundle, NAME];
  },
};

/** Ends what an attacker left running: killing runc does not kill its container. */
export function removeContainers(): void {
  for (const name of runc("list", "--quiet").split("\n")) {
    if (name.startsWith(NAME)) runc("delete", "--force", name);
  }
}

function runc(...args: string[]): string {
  return execFileSync("runc", args, { encoding: "utf8" });
}

async function makeBundle(files: SandboxFiles): Promise<string> {
  const bundle = await tempFolder();
  const root = join(bundle, "rootfs");
  for (const folder of ["proc", "dev", "sandbox"]) mkdirSync(join(root, folder), { recursive: true });
  for (const name of ["node", "addon", "child", "snapshot"] as const) place(root, files[name], INSIDE[name]);
  place(root, "/usr/bin/bwrap", BWRAP_INSIDE);
  for (const path of librariesOf([files.node, files.addon, "/usr/bin/bwrap"])) place(root, path, path);
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config()));
  return bundle;
}

function place(root: string, from: string, inside: string): void {
  const to = join(root, inside);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

function librariesOf(programs: readonly string[]): Set<string> {
  const output = execFileSync("ldd", programs, { encoding: "utf8" });
  return new Set([...output.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []));
}

/** OCI runtime specification 1.0.2. */
function config(): object {
  return {
    ociVersion: "1.0.2",
    hostname: "sandbox",
    root: { path: "rootfs", readonly: true },
    mounts: [{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] }],
    process: {
      terminal: false,
      cwd: "/",
      env: [],
      // Without Node's permission model, so that the container stands or falls by itself.
      args: nodeCommand(INSIDE).filter(
        (word) => !/^--(?:permission|allow-|no-experimental-sqlite|freeze-flags)/.test(word),
      ),
      user: { uid: UID, gid: UID },
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
    },
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount", "network"].map((type) => ({ type })),
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
      seccomp: noNamespaces(),
    },
  };
}

function noNamespaces(): object {
  const forbidden = [
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "ptrace",
    "bpf",
    "keyctl",
    "kexec_load",
  ];
  const newUser = { index: 0, value: CLONE_NEWUSER, valueTwo: CLONE_NEWUSER, op: "SCMP_CMP_MASKED_EQ" };
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [
      { names: forbidden, action: "SCMP_ACT_ERRNO", errnoRet: EPERM },
      { names: ["clone"], action: "SCMP_ACT_ERRNO", errnoRet: EPERM, args: [newUser] },
      // Its flags stand in memory, where seccomp can't look; libc falls back to clone.
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
    ],
  };
}
