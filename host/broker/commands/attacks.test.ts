/** Commands that try to get out or to take too much. Each has its control: the same thing where it is allowed. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Rights } from "#manifests/rights.ts";
import { expectFailure, type World } from "../world.fixture.ts";
import { bubblewrapAsRoot, bubblewrapInUserNamespace } from "./bubblewrap.ts";
import type { CommandLimits } from "./command-limits.ts";
import {
  eventually,
  outcomeOf,
  processesWith,
  recordsOf,
  runShell,
  SHELL,
  shell,
  shellWorld,
} from "./command-world.fixture.ts";

const CONFINEMENTS =
  process.getuid?.() === 0 ? [bubblewrapInUserNamespace, bubblewrapAsRoot] : [bubblewrapInUserNamespace];

function attackedWorld(limits: Partial<CommandLimits> = {}, rights: Partial<Rights> = {}): World {
  return shellWorld({ commandLimits: limits, rights: { write: ["$WORKSPACE"], ...rights } });
}

/** How a command that must be stopped was stopped. */
async function stopped(world: World, script: string): Promise<string> {
  const reply = await world.perform(shell(script));
  return outcomeOf(reply).then(
    ({ exitCode }) => `ended by itself with ${exitCode}`,
    (error: Error) => error.message,
  );
}

/** A state folder and a workspace that lie deep in the home folder. */
function deepRoots() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "home-")));
  const roots = { home, state: join(home, "apps/openclaw"), workspace: join(home, "work/space") };
  mkdirSync(join(roots.state, "credentials"), { recursive: true });
  mkdirSync(roots.workspace, { recursive: true });
  writeFileSync(join(roots.state, "credentials/key"), "canary-key");
  return { ...roots, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

for (const confinement of CONFINEMENTS) {
  const behind = (rights: Partial<Rights>) => shellWorld({ commandConfinements: [confinement], rights });

  test(`${confinement.name}: the folder around the state folder cannot be moved to take its mask off`, async () => {
    using roots = deepRoots();
    await using world = shellWorld({
      commandConfinements: [confinement],
      roots: () => roots,
      rights: { write: ["~"] },
    });
    await runShell(world, `mv ${roots.home}/apps ${roots.home}/taken`);
    await runShell(world, `mv ${roots.state} ${roots.home}/apps/taken`);
    const { stdout } = await runShell(
      world,
      `cat ${roots.home}/*/*/credentials/key; mv ${roots.home}/work x`,
    );
    assert.equal(stdout, "");
    assert.equal(readFileSync(join(roots.state, "credentials/key"), "utf8"), "canary-key");
    const control = await runShell(world, `cd ${roots.home} && echo mine > a && mv a b && cat b`);
    assert.equal(control.stdout, "mine\n");
  });

  test(`${confinement.name}: a workspace cannot be moved to put a link in its place`, async () => {
    using roots = deepRoots();
    await using world = shellWorld({
      commandConfinements: [confinement],
      roots: () => roots,
      rights: { write: ["~/work"], read: ["$WORKSPACE"] },
    });
    writeFileSync(join(roots.workspace, "note"), "mine");
    const read = (path: string) => world.perform({ kind: "file.read", path });
    assert.ok((await read("note")).ok);
    const { home, state, workspace } = roots;
    await runShell(
      world,
      `cd ${home}/work; mv space old; rm -rf space; ln -s ${state}/credentials ${workspace}`,
    );
    assert.equal(expectFailure(await read("key")).code, "not-found");
  });

  test(`${confinement.name}: no file is seen that is not granted or the system's`, async () => {
    await using world = behind({ read: ["~", "$WORKSPACE"] });
    mkdirSync(join(world.folder, ".ssh"));
    writeFileSync(join(world.state, "openclaw.json"), "canary-token");
    writeFileSync(join(world.workspace, "note"), "granted");
    const look = "cat note; ls -A ..; cat ../openclaw.json /etc/shadow /root/.bashrc; ls /";
    const { stdout, stderr } = await runShell(world, look);
    assert.match(stdout, /^granted\nworkspace\n|^grantedworkspace\n/);
    assert.doesNotMatch(stdout, /canary-token/);
    for (const path of ["../openclaw.json", "/etc/shadow", "/root/.bashrc"])
      assert.match(stderr, new RegExp(`${path.replaceAll(".", "\\.")}: No such file`));
    assert.doesNotMatch(stdout, /^(?:root|sys|run|var|opt|mnt|boot)$/m);
    assert.equal((await runShell(world, `ls -A ${world.folder}`)).stdout, ".ssh\nstate\n");
  });

  test(`${confinement.name}: nothing is written but where it is granted`, async () => {
    await using world = behind({ write: ["$WORKSPACE/out"] });
    const same = readFileSync("/proc/sys/vm/swappiness", "utf8").trim();
    const places = ["/usr/bin/x", "/etc/x", "/x", "/proc/self/comm", "/bin/x", "/dev/x"];
    const tries = places.map((path) => `echo x > ${path} && echo WROTE ${path}`).join("\n");
    const { stdout } = await runShell(
      world,
      `echo ok > ${world.workspace}/out/a && echo WROTE granted\n${tries}\necho ${same} > /proc/sys/vm/swappiness && echo WROTE sys\nexit 0`,
    );
    assert.equal(stdout, "WROTE granted\n");
    assert.equal(readFileSync(join(world.workspace, "out/a"), "utf8"), "ok\n");
  });

  test(`${confinement.name}: it has no capability, no other processes and no way to more`, async () => {
    await using world = behind({});
    const { stdout } = await runShell(
      world,
      "grep -E '^(CapPrm|CapEff|NoNewPrivs)' /proc/self/status; ls /proc | grep -c '^[0-9]'; unshare -U true && echo UNSHARED; mount -t tmpfs x /tmp && echo MOUNTED; exit 0",
    );
    assert.match(stdout, /CapPrm:\s+0{16}\nCapEff:\s+0{16}\nNoNewPrivs:\s+1\n/);
    assert.match(stdout, /^[1-6]$/m);
    assert.doesNotMatch(stdout, /MOUNTED/);
    if (confinement === bubblewrapInUserNamespace) assert.doesNotMatch(stdout, /UNSHARED/);
  });

  test(`${confinement.name}: no socket reaches this machine's loopback`, async () => {
    let connections = 0;
    const server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const bash = { command: "bash", args: ["-c", "*"] };
    await using world = behind({ commands: [SHELL, bash] });
    const connect = `exec 3<>/dev/tcp/127.0.0.1/${port} && echo CONNECTED`;
    const { stdout, exitCode } = await outcomeOf(
      await world.perform(shell("", { command: "bash", args: ["-c", connect] })),
    );
    assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 1 });
    const { execFileSync } = await import("node:child_process");
    assert.equal(execFileSync("/usr/bin/bash", ["-c", connect], { encoding: "utf8" }), "CONNECTED\n");
    await eventually("the control connects", () => connections === 1);
    await new Promise((resolve) => server.close(resolve));
  });
}

test("a link in a granted folder's place is not followed", async () => {
  await using world = attackedWorld({}, { write: [], read: ["$WORKSPACE/docs"] });
  mkdirSync(join(world.folder, "private"));
  symlinkSync(join(world.folder, "private"), join(world.workspace, "docs"));
  const failure = expectFailure(await world.perform(shell("ls")));
  assert.match(failure.message, /^Cannot show "\$WORKSPACE\/docs" to "sh": a link stands on the way/);
});

test("a folder that is swapped for a link while the sandbox is built is noticed before the command runs", async () => {
  let swap = () => {};
  await using world = shellWorld({
    rights: { read: ["$WORKSPACE/docs"], write: ["$WORKSPACE/out"] },
    commandConfinements: [
      {
        ...bubblewrapInUserNamespace,
        argvFor: (spec) => {
          if (spec.mounts.length > 0) swap();
          return bubblewrapInUserNamespace.argvFor(spec);
        },
      },
    ],
  });
  const docs = join(world.workspace, "docs");
  mkdirSync(docs);
  mkdirSync(join(world.folder, "private"));
  const script = `ls ${docs}; touch ${world.workspace}/out/ran`;
  assert.equal((await runShell(world, `true; ${script}`)).exitCode, 0);
  assert.ok(existsSync(join(world.workspace, "out/ran")));
  renameSync(join(world.workspace, "out/ran"), join(world.workspace, "out/control"));
  swap = () => {
    renameSync(docs, `${docs}-aside`);
    symlinkSync(join(world.folder, "private"), docs);
  };
  const failure = expectFailure(await world.perform(shell(script)));
  assert.match(failure.message, /its sandbox could not be built/);
  assert.ok(!existsSync(join(world.workspace, "out/ran")));
  assert.match(world.logged.join("\n"), /swapped while it was mounted/);
});

test("a fork bomb is ended, and nothing of it is left", async () => {
  await using world = attackedWorld({ tasks: 64 });
  const mark = `bomb-${process.pid}`;
  const started = performance.now();
  const how = await stopped(world, `: ${mark}; f() { f | f & f; }; f`);
  assert.match(how, /held more than 64 processes and threads|ended by itself/);
  assert.ok(performance.now() - started < 3_000);
  await eventually("the bomb is gone", () => processesWith(mark) === 0);
});

test("output without end is ended", async () => {
  await using world = attackedWorld({ outputBytes: 1_000_000 });
  assert.match(
    await stopped(world, "yes"),
    /^Cannot run "sh -c yes" to its end: it wrote more than 1000000 bytes/,
  );
  assert.match(await stopped(world, "yes >&2"), /wrote more than 1000000 bytes/);
  await eventually("it is gone", () => processesWith("sh -c yes") === 0);
});

test("a command waits for whoever reads its output", async () => {
  await using world = attackedWorld();
  const script = "i=0; while head -c 65536 /dev/zero; do i=$((i+1)); echo $i > count; done";
  const reply = await world.perform(shell(script));
  const records = recordsOf(reply);
  await records.next();
  const count = () => Number(readFileSync(join(world.workspace, "count"), "utf8"));
  await eventually("it has written", () => existsSync(join(world.workspace, "count")));
  let before = -1;
  while (before !== count()) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(before < 32, `${before} pieces of 64 KiB went ahead of the reader`);
  for (let read = 0; read < 20; read++) await records.next();
  await eventually("it goes on", () => count() > before);
  await records.return(undefined);
  await eventually("it is gone", () => processesWith("head -c 65536 /dev/zero") === 0);
});

test("a command that ignores every signal is gone at once when it is given up", async () => {
  await using world = attackedWorld();
  const ending = new AbortController();
  const script = "trap '' TERM INT HUP QUIT; echo up; while :; do sleep 62.345; done";
  const reply = await world.perform(shell(script), { signal: ending.signal });
  const records = recordsOf(reply);
  assert.equal((await records.next()).value?.text, "up\n");
  const started = performance.now();
  ending.abort();
  await assert.rejects(records.next(), /call ended/);
  await eventually("it is gone", () => processesWith("62.345") === 0);
  assert.ok(performance.now() - started < 200);
});

test("what a command leaves in the background goes with it", async () => {
  await using world = attackedWorld();
  const script = "setsid sleep 63.456 & (sleep 63.456 </dev/null >/dev/null 2>&1 &) ; echo left";
  assert.equal((await runShell(world, script)).stdout, "left\n");
  await eventually("they are gone", () => processesWith("63.456") === 0);
});

test("one that runs too long, holds too much memory or uses too much processor is ended", async () => {
  await using slow = attackedWorld({ runMs: 300 });
  assert.match(await stopped(slow, "sleep 64.567"), /it ran longer than 300 ms/);
  await using hungry = attackedWorld({ residentBytes: 40_000_000 });
  assert.match(
    await stopped(hungry, "head -c 400000000 /dev/zero | tail"),
    /held more than 40000000 bytes of memory/,
  );
  await using lean = attackedWorld({ dataBytes: 40_000_000 });
  assert.match((await runShell(lean, "head -c 400000000 /dev/zero | tail")).stderr, /memory exhausted/);
  await using quick = attackedWorld({ cpuSeconds: 1 });
  assert.equal((await runShell(quick, "while :; do :; done")).exitCode, 137);
});

test("files are bounded: each that it writes, and its own /tmp", async () => {
  await using world = attackedWorld({ fileBytes: 100_000, tmpBytes: 65_536 });
  await runShell(world, "trap '' XFSZ; head -c 300000 /dev/zero > big; exit 0");
  assert.equal(statSync(join(world.workspace, "big")).size, 100_000);
  const { stderr } = await runShell(
    world,
    "head -c 90000 /dev/zero > /tmp/x; head -c 90000 /dev/zero > /dev/shm/x",
  );
  assert.equal(stderr.match(/No space left/g)?.length, 2);
});
