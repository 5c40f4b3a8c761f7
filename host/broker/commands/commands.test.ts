import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import { bytes, expectFailure } from "../world.fixture.ts";
import { unconfinable } from "./bubblewrap.ts";
import { createCommandRunner } from "./command-runner.ts";
import {
  eventually,
  outcomeOf,
  processesWith,
  recordsOf,
  runShell,
  shell,
  shellWorld,
} from "./command-world.fixture.ts";

test("a granted command runs; its outputs come apart, then how it ended", async () => {
  await using world = shellWorld();
  const outcome = await runShell(world, "echo out; echo err >&2; exit 3");
  assert.deepEqual(outcome, { stdout: "out\n", stderr: "err\n", exitCode: 3 });
  assert.equal((await runShell(world, "kill -9 $$")).exitCode, 137);
});

test("arguments arrive as they are: no shell of ours reads them", async () => {
  await using world = shellWorld({ rights: { commands: [{ command: "printf", args: ["%s|", "**"] }] } });
  const args = ["%s|", "$(id)", "`id`", "; id", "a b", "*", "", "é\n", "'\"\\"];
  const reply = await world.perform(shell("", { command: "printf", args }));
  assert.equal(
    (await outcomeOf(reply)).stdout,
    args
      .slice(1)
      .map((arg) => `${arg}|`)
      .join(""),
  );
});

test("standard input is streamed to it, and one that does not read is no harm", async () => {
  await using world = shellWorld();
  const text = "0123456789abcdef".repeat(64 * 1024);
  const fed = (script: string) =>
    world.perform(shell(script, { hasStdin: true }), { body: bytes(text, "end\n") });
  assert.equal((await outcomeOf(await fed("cat"))).stdout, `${text}end\n`);
  assert.equal((await outcomeOf(await fed("exec 0<&-; echo done"))).stdout, "done\n");
});

test("what a command wrote before it ended is there for a reader who comes late", async () => {
  await using world = shellWorld();
  const script = ": late-reader; head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2";
  const reply = await world.perform(shell(script));
  await eventually("it has ended", () => processesWith("late-reader") === 0);
  await new Promise((resolve) => setTimeout(resolve, 50)); // what is lost, is lost now
  const { stdout, stderr } = await outcomeOf(reply);
  assert.deepEqual([stdout.length, stderr.length], [60_000, 60_000]);
});

test("output comes while it runs, and input may answer it", async () => {
  await using world = shellWorld();
  const { promise: answer, resolve } = Promise.withResolvers<string>();
  async function* later() {
    yield Buffer.from(await answer);
  }
  const reply = await world.perform(shell("echo who; read x; echo hello $x", { hasStdin: true }), {
    body: later(),
  });
  const seen: string[] = [];
  for await (const { text } of recordsOf(reply)) {
    seen.push(text);
    if (text === "who\n") resolve("you\n");
  }
  assert.deepEqual(seen, ["who\n", "hello you\n", '{"exitCode":0}']);
});

test("it knows no variable but its own three and those that are declared", async () => {
  process.env.OPENCLAW_CANARY = "leaked";
  await using world = shellWorld();
  const reply = await world.perform(shell("env", { env: { GREETING: "hi" } }));
  delete process.env.OPENCLAW_CANARY;
  const names = (await outcomeOf(reply)).stdout.split("\n").map((line) => line.split("=", 1)[0]);
  assert.deepEqual(names.filter((name) => name !== "").sort(), ["GREETING", "HOME", "LANG", "PATH", "PWD"]);
});

test("its variables reach the declared program and nothing that starts it, and none stands among the arguments", async () => {
  const runner = createCommandRunner({
    log: createLog({ clock: systemClock, level: "error", format: "text", write: () => undefined }),
  });
  // Makes whatever is started with it tell so on stderr. No plugin may declare it.
  const env = { LD_DEBUG: "files", GREETING: "a 'b' $c\n*" };
  const effect = shell('echo "$GREETING"; sleep 0.3', { env });
  const reply = await runner.run({
    plugin: "test",
    effect,
    pass: { allowed: true, plan: { mounts: [], masks: [] }, cwd: "/tmp", maxBytes: 1_000_000 },
    roots: { home: "/nowhere", state: "/nowhere", workspace: "/nowhere", plugin: null },
    context: { body: (async function* () {})(), signal: new AbortController().signal },
  });
  assert.equal(processesWith("a 'b' $c"), 0);
  const { stdout, stderr } = await outcomeOf(reply);
  runner.close();
  assert.equal(stdout, "a 'b' $c\n*\n");
  assert.match(stderr, /needed by .*sh\b/);
  assert.doesNotMatch(stderr, /needed by .*(?:nice|prlimit|env|stat|bwrap)/);
});

test("it stands in the workspace if that is granted, in a /tmp of its own if not, and where else it asks", async () => {
  await using blind = shellWorld();
  assert.equal((await runShell(blind, "pwd; ls -A")).stdout, "/tmp\n");
  await using world = shellWorld({ rights: { read: ["$WORKSPACE"] } });
  mkdirSync(join(world.workspace, "sub"));
  assert.equal((await runShell(world, "pwd")).stdout, `${world.workspace}\n`);
  const inSub = await outcomeOf(await world.perform(shell("pwd", { cwd: "$WORKSPACE/sub" })));
  assert.equal(inSub.stdout, `${world.workspace}/sub\n`);
  const failure = expectFailure(await world.perform(shell("pwd", { cwd: "~" })));
  assert.match(failure.message, /^Cannot run "sh -c pwd" in "~": it is in no folder/);
  const nowhere = expectFailure(await world.perform(shell("pwd", { cwd: "$WORKSPACE/none" })));
  assert.equal(nowhere.message, 'Cannot run "sh -c pwd": the folder to run it in does not exist');
});

test("granted folders are there as granted, and a folder to write is made", async () => {
  await using world = shellWorld({ rights: { read: ["$WORKSPACE"], write: ["$WORKSPACE/out/deep"] } });
  writeFileSync(join(world.workspace, "in.txt"), "hello");
  assert.deepEqual(await runShell(world, "cat in.txt; cat in.txt > out/deep/copy"), {
    stdout: "hello",
    stderr: "",
    exitCode: 0,
  });
  assert.equal(readFileSync(join(world.workspace, "out/deep/copy"), "utf8"), "hello");
  assert.match((await runShell(world, "echo x > in.txt")).stderr, /Read-only file system/);
});

test("what is not declared is refused with the entry that would allow it", async () => {
  await using world = shellWorld();
  const request = shell("", { command: "git", args: ["push", "origin"], env: { TZ: "UTC" } });
  assert.deepEqual(expectFailure(await world.perform(request)), {
    code: "denied",
    message: 'Cannot run "git push origin": it is not declared in the manifest of "fetcher", or not granted',
    fix: 'Add {"command":"git","args":["push","origin"],"env":["TZ"]} to "permissions": { "commands": [ ] } in its openclaw.plugin.json and grant it',
  });
});

test("the audit has a command before it runs, by its name and the number of its arguments", async () => {
  await using world = shellWorld();
  await runShell(world, "echo token-in-argument");
  await world.broker.close();
  const lines = world.records.map(({ kind, target, outcome }) => `${kind} ${target} ${outcome}`);
  assert.deepEqual(lines, ["command.run sh (2 arguments) not-done", "command.run sh (2 arguments) done"]);
  assert.doesNotMatch(JSON.stringify(world.records), /token-in-argument/);
});

test("while the audit fails, no command runs", async () => {
  await using world = shellWorld({ rights: { write: ["$WORKSPACE"] } });
  world.sinkFails = true;
  const failure = expectFailure(await world.perform(shell("touch ran")));
  assert.match(failure.message, /could not be put on record first/);
  assert.throws(() => readFileSync(join(world.workspace, "ran")), /ENOENT/);
});

test("where no sandbox can be built, no command runs, and the refusal says what to install", async () => {
  await using world = shellWorld({ commandConfinements: [unconfinable], rights: { write: ["$WORKSPACE"] } });
  const failure = expectFailure(await world.perform(shell("touch ran")));
  assert.equal(failure.code, "denied");
  assert.match(failure.message, /this host has no sandbox to run commands in$/);
  assert.match(failure.fix ?? "", /bubblewrap/);
  assert.throws(() => readFileSync(join(world.workspace, "ran")), /ENOENT/);
  assert.equal((await world.broker.commands.probe()).state, "missing");
});

test("the wall stands only once a command was run behind it", async () => {
  await using world = shellWorld();
  assert.equal(world.broker.commands.wall().state, "unknown");
  assert.equal((await world.broker.commands.probe()).state, "stands");
});

test("a program is the system's: one that a plugin or anybody else could have put there is refused", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "programs-")));
  const script = (path: string, mode: number) => {
    writeFileSync(path, "#!/bin/sh\necho it ran\n");
    chmodSync(path, mode);
    return path;
  };
  const good = script(join(folder, "good"), 0o755);
  const open = script(join(folder, "open"), 0o777);
  const link = join(folder, "link");
  const commands = ["openclaw-test-missing", good, open, link].map((command) => ({ command }));
  await using world = shellWorld({ rights: { commands, read: ["$WORKSPACE"] } });
  symlinkSync(script(join(world.workspace, "tool"), 0o755), link);
  const run = (command: string) => world.perform(shell("", { command, args: [] }));
  assert.equal((await outcomeOf(await run(good))).stdout, "it ran\n");
  const refusal = async (command: string) => expectFailure(await run(command)).message;
  assert.match(await refusal(link), /it lies where plugins may write/);
  assert.match(await refusal(open), /other users may change it/);
  assert.match(await refusal("openclaw-test-missing"), /no such program is installed in \/usr\/local\/bin,/);
  rmSync(folder, { recursive: true });
});

test("only so many run at once, and when one ends the next may start", async () => {
  await using world = shellWorld({ commandLimits: { perPlugin: 2 } });
  const ends = [new AbortController(), new AbortController()];
  for (const { signal } of ends) assert.ok((await world.perform(shell("sleep 60.123"), { signal })).ok);
  const failure = expectFailure(await world.perform(shell("true")));
  assert.equal(failure.message, 'Cannot run "sh -c true": "fetcher" has 2 commands running already');
  assert.ok((await world.perform(shell("true"), { identity: { plugin: "other" } })).ok);
  ends[0]?.abort();
  for (;;) {
    const reply = await world.perform(shell("true"));
    if (reply.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("a plugin's commands end when its rights change, and all of them with the broker", async () => {
  await using world = shellWorld();
  const first = await world.perform(shell("echo up; sleep 61.234"));
  await world.broker.forget("fetcher");
  await assert.rejects(outcomeOf(first), /call ended/);
  const second = await world.perform(shell("echo up; sleep 61.234"));
  await world.broker.close();
  await assert.rejects(outcomeOf(second), /call ended/);
  await eventually("both are gone", () => processesWith("sleep 61.234") === 0);
});
