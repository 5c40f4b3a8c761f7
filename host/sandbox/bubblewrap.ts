/**
 * A sandbox process in namespaces of its own, built by bubblewrap: no network, no other processes, and a
 * read-only tree that holds Node, its libraries, the child's files, and nothing else.
 *
 * Inside, the files have fixed names, so that nothing tells how the host's folders are called. There is no
 * writable place, not even /dev/shm, whose memory would count for nobody.
 */
import { dirname } from "node:path";
import { locate, nodeCommand, run, type Confinement, type SandboxFiles } from "./confinement.ts";
import { DROP_TO_NOBODY, NOBODY, SETPRIV_ARGS, words } from "./setpriv.ts";

const INSIDE: SandboxFiles = {
  node: "/sandbox/node",
  addon: "/sandbox/isolated-vm.node",
  child: "/sandbox/child.mjs",
  snapshot: "/sandbox/edge.snapshot",
};

/**
 * For a host that runs as root: bubblewrap builds the namespaces with root's rights, then the process becomes
 * nobody for good. In a user namespace it would still be root to the files outside.
 */
export const bubblewrapAsNobody: Confinement = {
  name: "bubblewrap as nobody",
  adds: "own network, process and file namespaces; it sees nothing but Node and its files, read-only; it runs as nobody",
  fix: "Install bubblewrap and util-linux, and let every user read the sandbox's files",
  command: async (files) => {
    const setpriv = await locate("setpriv");
    return [
      await locate("bwrap"),
      ...words("--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try"),
      ...words("--cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP"),
      ...(await treeOf(files, [setpriv])),
      ...["--ro-bind", setpriv, "/sandbox/setpriv"].concat(words("--remount-ro / -- /sandbox/setpriv")),
      ...SETPRIV_ARGS,
      ...DROP_TO_NOBODY,
      "--",
      ...nodeCommand(INSIDE),
    ];
  },
};

/** For everybody else, where the system lets users make namespaces. */
export const bubblewrapInUserNamespace: Confinement = {
  name: "bubblewrap",
  adds: "own network, process, user and file namespaces; it sees nothing but Node and its files, read-only",
  fix: "Install bubblewrap, and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap)",
  command: async (files) => [
    await locate("bwrap"),
    ...words(`--unshare-user --unshare-all --disable-userns --uid ${NOBODY} --gid ${NOBODY} --cap-drop ALL`),
    ...(await treeOf(files, [])),
    ...words("--remount-ro / --"),
    ...nodeCommand(INSIDE),
  ],
};

async function treeOf(files: SandboxFiles, programs: readonly string[]): Promise<string[]> {
  const libraries = await librariesOf([files.node, files.addon, ...programs]);
  const binds = [
    ...libraries.map((path) => [path, path] as const),
    ...(["node", "addon", "child", "snapshot"] as const).map((name) => [files[name], INSIDE[name]] as const),
  ];
  return [
    ...words(
      "--die-with-parent --new-session --clearenv --hostname sandbox --chdir / --proc /proc --dir /dev",
    ),
    // Root owns /proc/sys also without capabilities: a process that was taken over could set the machine's kernel.
    ...words("--remount-ro /proc"),
    ...words("--dev-bind /dev/null /dev/null --dev-bind /dev/urandom /dev/urandom"),
    // Said outright, as bubblewrap makes folders that only their owner can enter where it has to guess.
    ...foldersOf(binds.map(([, inside]) => inside)).flatMap((folder) => ["--dir", folder]),
    ...binds.flatMap(([outside, inside]) => ["--ro-bind", outside, inside]),
  ];
}

/** Every folder on the way to these files, outer ones first. */
function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].sort((a, b) => a.length - b.length);
}

/** What the system's loader would load for these programs, as `ldd` tells it. */
async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const output = await run("ldd", programs);
  return [...new Set([...output.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []))];
}
