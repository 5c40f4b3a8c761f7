/** `bash`, from a message in a chat to the effect on the disk, with programs granted and without, and each refusal. */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import JSON5 from "json5";
import { eventually } from "./processes.fixture.ts";
import { startToolWorld, type ToolWorld } from "./tools.fixture.ts";

let world: ToolWorld;

before(async () => {
  world = await startToolWorld();
});
after(() => world[Symbol.asyncDispose]());

const at = (name: string) => join(world.workspace, name);
const text = (name: string) => readFile(at(name), "utf8");
const bash = async (command: string, more: object = {}) =>
  (await world.call("bash", { command, ...more })).content;

/** As the owner does it. */
async function grant(commands: readonly string[]): Promise<void> {
  const file = join(world.gateway.stateDir, "openclaw.json");
  const config = JSON5.parse<Record<string, unknown>>(await readFile(file, "utf8"));
  const plugins = { entries: { bash: { config: { commands } } } };
  await writeFile(file, JSON.stringify({ ...config, plugins }));
}

test("with nothing granted, scripts work on the workspace's real files", async () => {
  await writeFile(at("data.csv"), "name,points\nada,3\ngrace,5\nada,4\n");
  assert.equal(
    await bash(
      `tail -n +2 data.csv | awk -F, '{ sum[$1] += $2 } END { for (n in sum) print n, sum[n] }' | sort`,
    ),
    "ada 7\ngrace 5",
  );
  assert.equal(
    await bash("mkdir -p out/deep && grep ada data.csv > out/deep/ada.txt && wc -l < out/deep/ada.txt"),
    "2",
  );
  assert.equal(await text("out/deep/ada.txt"), "ada,3\nada,4\n");
  await bash("echo one > a; echo two >> a; cp a b; mv b c; rm data.csv; cp -r out copy; touch empty");
  assert.deepEqual((await readdir(world.workspace)).filter((name) => name.length < 6).sort(), [
    "a",
    "c",
    "copy",
    "empty",
    "out",
  ]);
  assert.equal(await text("c"), "one\ntwo\n");
  assert.equal(await text("copy/deep/ada.txt"), "ada,3\nada,4\n");
  assert.match(await bash("rm -r copy out; rmdir nothing; echo done"), /^done\n\[stderr\]\nrmdir: .*nothing/);
  assert.ok(!(await readdir(world.workspace)).includes("copy"));
});

test("what shells do is done: loops, functions, globs, here-documents, substitution, characters of any script", async () => {
  await bash("for n in 1 2 3; do echo grüße-漢字-$n > file$n.txt; done");
  assert.equal(await bash("cat file*.txt | tr a-z A-Z | tail -1"), "GRüßE-漢字-3");
  assert.equal(await bash('f() { local x=$(($1 * 2)); echo "$x"; }; f 21'), "42");
  assert.equal(await bash("cat <<END\nhello $(echo world)\nEND"), "hello world");
  assert.equal(await bash(`echo '{"a":[1,{"b":"deep"}]}' | jq -r '.a[1].b'`), "deep");
  assert.equal(await bash("find . -name 'file*' | sort | xargs cat | grep -c 漢"), "3");
  assert.equal(
    await bash("false; echo $?; set -e; for i in 1 2; do echo $i; done; false; echo never"),
    "1\n1\n2\n[exit code 1]",
  );
  assert.equal(await bash("seq 1 500 | gzip > numbers.gz && gunzip -c numbers.gz | tail -1"), "500");
  assert.equal(gunzipSync(await readFile(at("numbers.gz"))).length, 1_892);
  assert.equal(
    await bash("printf 'echo from-script $1' > s.sh; bash s.sh x; ./s.sh y"),
    "from-script x\nfrom-script y",
  );
});

test("how it ended is told, and long output keeps its beginning and its end", async () => {
  assert.match(
    await bash("cat none.txt; exit 3"),
    /\[stderr\]\ncat: none.txt: No such file.*\n\[exit code 3\]/,
  );
  assert.equal(await bash("true"), "(no output)");
  const long = await bash("seq 1 9000");
  assert.match(long, /^1\n2\n[^]*characters left out[^]*\n8999\n9000$/);
  assert.ok(long.length < 16_000);
  assert.match(await bash("echo 'unclosed"), /^Nothing was run: the script cannot be parsed/);
});

test("an unknown program stops the script before anything of it runs, and the owner learns how to grant it", async () => {
  const refused = await bash("echo started > started.txt; if true; then x=$(git log | python3 -c 'x'); fi");
  assert.match(
    refused,
    /^Nothing was run: the program "git" is neither built in nor granted.*commands in openclaw.json/,
  );
  assert.match(refused, /"python3"/);
  assert.ok(!(await readdir(world.workspace)).includes("started.txt"));
  assert.equal(await bash("trap 'echo x' EXIT"), 'Nothing was run: this shell has no "trap"');
  assert.match(await bash("curl https://example.org"), /use the tool web_fetch/);
  for (const hidden of ["g=git; $g log", "eval 'git log'", "echo log | xargs git", "env git log"]) {
    assert.match(await bash(hidden), /"git" is neither built in nor granted/, hidden);
  }
});

test("a program that the owner grants runs in the workspace, in pipes, with exactly its arguments", async () => {
  await grant(["sort", "sh", "id -u", "env"]);
  await eventually(
    () => bash("id -u"),
    (said) => /^\d+$/.test(said),
    20_000,
  );
  assert.equal(await bash("printf 'b\\na\\n' | sh -c 'cat; echo c' | sort -r | head -2"), "c\nb");
  assert.equal(
    await bash("sh -c 'printf %s \"$1\" > made.txt' sh 'a b; $(touch harm) & `id`'"),
    "(no output)",
  );
  assert.equal(await text("made.txt"), "a b; $(touch harm) & `id`");
  await mkdir(at("sub"), { recursive: true });
  assert.equal(
    await bash("cd sub && sh -c 'echo here > there.txt; cat \"$1\"' sh /workspace/made.txt | wc -c"),
    "25",
  );
  assert.equal(await text("sub/there.txt"), "here\n");
  assert.match(
    await bash("sh -c 'echo out; echo err >&2; exit 7'"),
    /^out\n\[stderr\]\nerr\n\[exit code 7\]$/,
  );
  assert.equal(await bash("sh -c 'echo \"$0 $BASH_VERSION\"' real"), "real");
  assert.match(await bash("id -g"), /Cannot run "id -g": its arguments fit none.*\[exit code 126\]/s);
});

test("a granted program sees the workspace and nothing else, and no network", async () => {
  await writeFile(join(world.gateway.stateDir, "canary.txt"), "canary");
  const script = `sh -c 'cat "${world.gateway.stateDir}/canary.txt" /etc/shadow; cat /proc/net/route | wc -l; ls "${world.gateway.stateDir}"'`;
  const said = await bash(script);
  assert.doesNotMatch(said, /canary$|root:/m);
  assert.doesNotMatch(await bash("env"), /OPENCLAW|TOKEN/);
});

test("a grant that is taken back is gone at once", async () => {
  await grant([]);
  await eventually(
    () => bash("id -u"),
    (said) => said.includes('"id" is neither built in nor granted'),
    20_000,
  );
});

test("nothing outside of the workspace is touched, by whatever path or link", async () => {
  const { stateDir } = world.gateway;
  await mkdir(join(stateDir, "beside"));
  await writeFile(join(stateDir, "beside", "f"), "secret");
  await symlink(join(stateDir, "beside"), at("link"));
  await symlink(join(stateDir, "beside", "f"), at("filelink"));
  const said = await bash(`
    cat link/f filelink /workspace/../beside/f ${stateDir}/beside/f ../beside/f
    echo harm > link/f; echo harm >> filelink; cp a link/g; mv a link/h; rm -rf link/f; ln -s /etc/passwd own; cat own
    rm -rf /; rm -rf /workspace
  `);
  assert.doesNotMatch(said, /secret|root:/);
  assert.match(said, /links are not followed|a link/);
  assert.equal(await readFile(join(stateDir, "beside", "f"), "utf8"), "secret");
  assert.deepEqual(await readdir(join(stateDir, "beside")), ["f"]);
  assert.ok((await readdir(stateDir)).includes("workspace"));
});

test("a script that would not end is stopped, and the tool answers again at once", async () => {
  const started = performance.now();
  assert.match(
    await bash("while true; do sleep 0.1; done", { timeout: 1 }),
    /stopped: it took longer than 1 s/,
  );
  assert.ok(performance.now() - started < 10_000);
  const bounded = await bash("while :; do :; done", { timeout: 20 });
  assert.match(bounded, /iterations|stopped/);
  assert.match(await bash("eval 'while :; do :; done'"), /iterations|stopped/);
  assert.match(await bash("f() { f; }; f"), /depth|recursion|exceed/i);
  assert.equal(await bash("echo alive"), "alive");
});

test("a file that the built-in tools would be too slow for is refused in words that help", async () => {
  await writeFile(at("large.txt"), "x".repeat(1024 * 1024 + 1));
  assert.match(
    await bash("wc -c large.txt"),
    /"large.txt" is larger than the 1048576 bytes.*Use the tool read, or a program/s,
  );
  assert.equal(await bash("cp large.txt larger.txt && stat -c %s larger.txt"), "1048577");
});

test("a script in the background goes on after its turn, is read while it runs, and is killed", async () => {
  const { call } = world;
  await grant(["id", "sh"]);
  await eventually(
    () => bash("id -u"),
    (said) => /^\d+$/.test(said),
    20_000,
  );
  const command = "sh -c 'for i in 1 2 3 4; do echo step-$i; sleep 0.5; done; echo done > job.txt; echo end'";
  const started = await call("bash", { command, background: true });
  const [id = ""] = /job-\d+/.exec(started.content) ?? [];
  assert.equal(await bash("echo meanwhile"), "meanwhile");
  const read = async () => (await call("process", { action: "read", id })).content;
  await eventually(read, (said) => /runs[^]*step-1/.test(said));
  const ended = await eventually(read, (said) => said.includes(" ended "), 20_000);
  assert.match(ended, /step-1[^]*step-4[^]*end/);
  assert.equal(await text("job.txt"), "done\n");

  const other = await call("bash", { command: "sleep 60; echo late > late.txt", background: true });
  const [second = ""] = /job-\d+/.exec(other.content) ?? [];
  assert.match((await call("process", { action: "list" }, "agent:main:other")).content, /no background jobs/);
  assert.match((await call("process", { action: "kill", id: second })).content, /is killed/);
  await eventually(
    async () => (await call("process", { action: "list" })).content,
    (said) => said.includes(`${second} killed`),
  );
  assert.match((await call("bash", { command: "nonsense", background: true })).content, /Nothing was run/);
});

test("a stopped turn stops the script", async () => {
  const runId = crypto.randomUUID();
  const sessionKey = "agent:main:main";
  const message = `[[tool:bash ${JSON.stringify({ command: "sleep 30; echo late > late.txt" })}]]`;
  await world.client.request("chat.send", { sessionKey, message, idempotencyKey: runId });
  await world.client.until(
    (_, payload) => payload["runId"] === runId && JSON.stringify(payload).includes('"phase":"start"'),
  );
  await world.client.request("chat.abort", { sessionKey, runId });
  await world.client.until(
    (event, payload) => event === "chat" && payload["runId"] === runId && payload["state"] === "aborted",
    5_000,
  );
  assert.equal(await bash("ls late.txt 2>/dev/null; echo alive"), "alive");
});
