/** Each wall as it is found on this machine: around a real sandbox, seen from outside. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { chmod, copyFile, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HostError } from "#host/base/errors.ts";
import type { Wall } from "#host/base/wall.ts";
import type { Confinement } from "./confinement.ts";
import { bare, confinementsFor } from "./confinements.ts";
import { createLauncher } from "./launcher.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { processTree, residentBytes } from "./resident-bytes.ts";
import {
  callText,
  createRig,
  nodeBinary,
  realFiles,
  scriptedFiles,
  tempFolder,
  toolPlugin,
  type Rig,
} from "./sandboxes-for-tests.ts";
import { profileFor } from "./seatbelt.ts";
import { ensureSnapshot } from "./snapshot.ts";

const isLinux = process.platform === "linux";
const linuxOnly = { skip: isLinux ? false : "procfs tells what this looks at, and this is not Linux" };
const here = confinementsFor(process.platform, process.getuid?.());
const rigs: Rig[] = [];
after(() => Promise.all(rigs.map((rig) => rig.sandboxes.stop())));

function rigOf(confinements: readonly Confinement[]): Rig {
  const rig = createRig({ confinements });
  rigs.push(rig);
  return rig;
}

function wallOf(walls: readonly Wall[], id: string): Wall {
  const wall = walls.find((each) => each.id === id);
  assert.ok(wall, `no wall "${id}"`);
  return wall;
}

function broken(name: string): Confinement {
  return {
    name,
    adds: "a wall that can't be built",
    fix: "Build it",
    command: async () => ["/bin/sh", "-c", "echo no brick >&2; exit 4"],
  };
}

for (const confinement of here) {
  test(`behind "${confinement.name}" a plugin is served, and the process finds itself walled in`, async () => {
    const { sandboxes } = rigOf([confinement]);
    assert.equal(await callText(sandboxes, toolPlugin("dice", "async () => 'rolled'")), "rolled");
    const walls = await sandboxes.probe();
    for (const id of ["isolate", "node-permission", "network", "watchdog"]) {
      assert.equal(wallOf(walls, id).state, "stands", wallOf(walls, id).detail);
    }
  });
}

test("before anything ran no wall is said to stand", () => {
  const walls = rigOf(here).sandboxes.walls();
  assert.deepEqual(new Set(walls.map((wall) => wall.state)), new Set(["unknown"]));
});

test(
  "the strongest wall of this machine has no root, no network and no view of the host",
  linuxOnly,
  async () => {
    const { sandboxes } = rigOf(here);
    await sandboxes.probe();
    const wall = wallOf(sandboxes.walls(), "os-sandbox");
    if (!wall.detail.includes("bubblewrap")) return assert.equal(wall.state, "missing");
    assert.equal(wall.state, "stands");
    const [sandboxed = 0] = processTree(process.pid).filter(
      (pid) =>
        readlink(`/proc/${pid}/exe`)?.endsWith("/node") &&
        readlink(`/proc/${pid}/ns/net`) !== readlink("/proc/self/ns/net"),
    );
    assert.ok(sandboxed > 0, "no process in another network namespace");
    for (const kind of ["net", "mnt", "pid", "ipc", "uts"]) {
      assert.notEqual(
        readlinkSync(`/proc/${sandboxed}/ns/${kind}`),
        readlinkSync(`/proc/self/ns/${kind}`),
        kind,
      );
    }
    const status = readFileSync(`/proc/${sandboxed}/status`, "utf8");
    assert.doesNotMatch(status, /^Uid:\s+0/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^CapBnd:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.deepEqual(
      (await readdir(`/proc/${sandboxed}/root`)).filter((name) => name === "etc" || name === "home"),
      [],
    );
    assert.equal(readFileSync(`/proc/${sandboxed}/environ`, "utf8").includes("HOME="), false);
    const mounts = readFileSync(`/proc/${sandboxed}/mounts`, "utf8").split("\n");
    const proc = mounts.filter((line) => line.split(" ")[1] === "/proc").at(-1) ?? "";
    assert.match(proc, / proc ro,/, "the kernel's settings can be read there, never set");
  },
);

function readlink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

test("a wall that can't be built is reported with its reason and fix, and the next one is used", async () => {
  const { sandboxes, launcher } = rigOf([broken("great wall"), bare]);
  assert.equal(await callText(sandboxes, toolPlugin("dice", "async () => 'rolled'")), "rolled");
  const wall = launcher.wall();
  assert.equal(wall.state, "missing");
  assert.match(wall.detail, /great wall: exit code 4: no brick/);
  assert.equal(wall.fix, "Build it");
});

test("a wall whose program is not installed is reported by name", async () => {
  const absent: Confinement = { ...bare, name: "absent", command: async () => ["/no/such/program"] };
  const { sandboxes, launcher } = rigOf([absent, bare]);
  await sandboxes.probe();
  assert.match(launcher.wall().detail, /absent: .*\/no\/such\/program|absent: .*ENOENT/);
});

test("where no sandbox starts at all, each way is named with its reason", async () => {
  const { sandboxes } = rigOf([broken("one"), broken("two")]);
  await assert.rejects(
    sandboxes.probe(),
    (thrown) =>
      thrown instanceof HostError &&
      thrown.code === "sandbox.unavailable" &&
      /one: exit code 4: no brick; two: exit code 4/.test(thrown.message),
  );
});

test("a process that is slow to greet is an error, not a reason for a weaker wall", async () => {
  const limits = { ...DEFAULT_LIMITS, startDeadlineMs: 100 };
  const files = await scriptedFiles("setInterval(() => {}, 1000);");
  const strong: Confinement = { ...bare, name: "strong" };
  let weaker = false;
  const weak: Confinement = { ...bare, command: async () => ((weaker = true), ["/bin/true"]) };
  const launcher = createLauncher({ files: async () => files, limits, confinements: [strong, weak] });
  await assert.rejects(launcher.launch(), /not ready within 100 ms/);
  assert.equal(weaker, false);
});

test("every way to confine keeps Node's permission model", linuxOnly, async () => {
  for (const uid of [0, 1000]) {
    for (const confinement of confinementsFor("linux", uid)) {
      const command = await confinement.command(await realFiles());
      assert.ok(command.includes("--permission"), confinement.name);
      assert.equal(
        command.some((word) => /--allow-(?:child-process|worker|net|wasi|fs-write)/.test(word)),
        false,
      );
    }
  }
});

test("the macOS profile denies by default and names only Node's own files", () => {
  const profile = profileFor({ node: '/opt/my "node"', addon: "/a.node", child: "/c.mjs", snapshot: "/s" });
  assert.match(profile, /^\(version 1\)\n\(deny default\)/);
  assert.match(profile, /\(literal "\/opt\/my \\"node\\""\)/);
  assert.doesNotMatch(profile, /allow (?:network|process-fork|file-write)|allow file-read\*\)/);
});

/** Without a death signal a process must notice the end of its stdin, which one that is stuck as a whole does not. */
const deathSignalled = here.filter(({ name }) => name !== "none" && name !== "sandbox-exec");

for (const [part, confinements] of [
  ["isolate", here],
  ["process", deathSignalled],
] as const) {
  for (const { name } of confinements) {
    test(`behind "${name}" no sandbox outlives a killed host, its ${part} stuck in a loop`, linuxOnly, () =>
      killHostOf(name, part),
    );
  }
}

async function killHostOf(confinement: string, stuckPart: string): Promise<void> {
  const parent = fileURLToPath(new URL("./orphan-parent.ts", import.meta.url));
  const host = spawn(process.execPath, [parent, confinement, stuckPart], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const bytes of host.stdout) {
    said += String(bytes);
    if (said.endsWith("\n")) break;
  }
  const children = JSON.parse(said || "[]") as number[];
  assert.ok(children.length > 0 && children.every(isAlive));
  host.kill("SIGKILL");
  await once(host, "exit");
  const until = performance.now() + 2_000;
  while (children.some(isAlive)) {
    assert.ok(performance.now() < until, "a child is still there after two seconds");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A zombie has ended; only whoever inherited it has yet to notice. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("memory is read of a process and all that it started", linuxOnly, async () => {
  const child = spawn("/bin/sh", ["-c", "sleep 5 & sleep 5 & echo up; wait"], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  await once(child.stdout, "data");
  const { pid = 0 } = child;
  assert.equal(processTree(pid).length, 3);
  assert.ok(((await residentBytes(pid)) ?? 0) > 500_000);
  process.kill(-pid, "SIGKILL");
  await once(child, "exit");
  assert.equal(await residentBytes(pid), null);
});

test("a snapshot is built once, again when what it is made of changes, and older ones go", async () => {
  const folder = await tempFolder();
  const builder = join(folder, "builder.mjs");
  await writeFile(
    builder,
    `import fs from "node:fs"; const [addon, edge, out] = process.argv.slice(2); fs.writeFileSync(out, fs.readFileSync(edge));`,
  );
  const edge = join(folder, "edge.js");
  await writeFile(edge, "one");
  const sources = { node: nodeBinary, addon: builder, builder, edge, cacheDir: join(folder, "cache") };
  const first = await ensureSnapshot(sources);
  await utimes(first, 1, 1);
  assert.equal(await ensureSnapshot(sources), first);
  assert.equal((await stat(first)).mtimeMs, 1_000);
  await writeFile(edge, "two");
  const second = await ensureSnapshot(sources);
  assert.equal(readFileSync(second, "utf8"), "two");
  assert.deepEqual(await readdir(sources.cacheDir), [second.slice(sources.cacheDir.length + 1)]);
});

test("a builder that fails leaves no snapshot, and its last words are the reason", async () => {
  const folder = await tempFolder();
  const builder = join(folder, "builder.mjs");
  await writeFile(builder, `console.error("addon does not fit"); process.exit(1);`);
  const sources = { node: nodeBinary, addon: builder, builder, edge: builder, cacheDir: folder };
  await assert.rejects(ensureSnapshot(sources), /Cannot make the isolates' snapshot: addon does not fit/);
  assert.deepEqual(await readdir(folder), ["builder.mjs"]);
});

test("a full disk is told in one line, with its own fix, and not once for each wall", async () => {
  const folder = await tempFolder();
  const builder = join(folder, "builder.mjs");
  await writeFile(builder, `throw new Error("ENOSPC: no space left on device, write");`);
  const sources = { node: nodeBinary, addon: builder, builder, edge: builder, cacheDir: folder };
  const files = async () => ({ ...(await realFiles()), snapshot: await ensureSnapshot(sources) });
  const launcher = createLauncher({ files, limits: DEFAULT_LIMITS });
  await assert.rejects(launcher.launch(), (thrown: HostError) => {
    const reason = "Cannot make the isolates' snapshot: ENOSPC: no space left on device, write";
    assert.deepEqual([thrown.code, thrown.message], ["sandbox.unavailable", reason]);
    assert.equal(thrown.fix, `Make room on the disk of "${folder}"`);
    return true;
  });
});

test(
  "a snapshot's folder that only root may enter still serves a sandbox that runs as nobody",
  linuxOnly,
  async () => {
    const files = await realFiles();
    const folder = await tempFolder();
    const copies = { ...files, child: join(folder, "child.mjs"), snapshot: join(folder, "edge.snapshot") };
    await copyFile(files.child, copies.child);
    await copyFile(files.snapshot, copies.snapshot);
    await chmod(folder, 0o700);
    const rig = createRig({ files: Promise.resolve(copies) });
    rigs.push(rig);
    assert.equal(await callText(rig.sandboxes, toolPlugin("dice", "async () => 'rolled'")), "rolled");
  },
);
