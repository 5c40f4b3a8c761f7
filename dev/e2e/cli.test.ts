/** The command line: what it prints, where, and with which code it ends. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, type GatewayProcess } from "../gateway-process.ts";
import { run, World } from "./processes.fixture.ts";

const world = new World();
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;
let gateway: GatewayProcess;
let nobody: string;

before(async () => {
  model = await startOllamaCounterpart();
  gateway = await world.gateway({ OLLAMA_HOST: model.address });
  nobody = await world.folder();
});
after(async () => {
  await world.close();
  await model.close();
});

const openclaw = (...args: string[]) => run(gateway.stateDir, args);

test("`agent -m` prints the answer and nothing else", async () => {
  const { code, stdout, stderr } = await openclaw("agent", "-m", "hello [[tokens:3]]");
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "tok0 tok1 tok2\n", stderr: "" });
});

test("`agent -m` tells a failed answer on standard error and ends with 1", async () => {
  const { code, stdout, stderr } = await openclaw("agent", "-m", "hello [[error]]");
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^openclaw: .*500.*\. Look at/);
});

test("`agent -m` says that a question waits, and goes on when it is answered", async () => {
  const owner = await connect(gateway);
  const running = openclaw("agent", "-m", '[[tool:web_fetch {"url":"https://example.org/a"}]] [[tokens:2]]');
  const { id } = (await owner.until((event) => event === "plugin.approval.requested")) as { id: string };
  await owner.request("plugin.approval.resolve", { id, decision: "deny" });
  const { code, stdout, stderr } = await running;
  owner.close();
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "tok0 tok1\n" });
  assert.match(stderr, /web_fetch asks to reach example\.org: GET https:\/\/example\.org\/a/);
  assert.match(stderr, /answer it on the page.*openclaw dashboard/i);
});

test("`status` says what runs, for people and as JSON", async () => {
  const people = await openclaw("status");
  assert.equal(people.code, 0);
  assert.match(people.stdout, /^Gateway +.*ready/m);
  assert.match(people.stdout, /^Model +ollama\/fake:latest/m);
  assert.match(people.stdout, /^Plugins +\d+ ready/m);
  assert.doesNotMatch(people.stdout, /[{}[\]]/);
  const json = JSON.parse((await openclaw("status", "--json")).stdout) as { model: { provider: string } };
  assert.equal(json.model.provider, "ollama");
});

for (const running of [true, false]) {
  test(`\`doctor\` tries every wall ${running ? "through the gateway" : "without a gateway"}`, async () => {
    const { code, stdout, stderr } = await run(running ? gateway.stateDir : nobody, ["doctor"]);
    assert.equal(code, 0, stderr);
    for (const wall of ["isolate", "node-permission", "os-sandbox", "network", "watchdog"])
      assert.match(stdout, new RegExp(`^(?:stands|missing) +${wall} `, "m"));
  });
}

test("a wrong command or option is named with the nearest one, and ends with 2", async () => {
  const command = await openclaw("plugn", "list");
  assert.equal(command.code, 2);
  assert.match(command.stderr, /unknown command 'plugn'.*\n.*plugin/);
  const option = await openclaw("plugin", "list", "--jsn");
  assert.equal(option.code, 2);
  assert.match(option.stderr, /unknown option '--jsn'.*\n.*--json/);
  const missing = await openclaw("agent");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /--message/);
  assert.match(missing.stderr, /"openclaw agent --help" shows what it takes/);
  const far = await openclaw("plugin", "info", "nothing-like-it");
  assert.match(far.stderr, /There is no plugin "nothing-like-it"\. See "openclaw plugin list"/);
  assert.match((await openclaw("plugin", "info", "raed")).stderr, /Did you mean "read"\?/);
  const port = await openclaw("gateway", "--port", "eighty");
  assert.equal(port.code, 2);
  assert.match(port.stderr, /'eighty' is invalid.*0 to 65535/);
});

test("`--help` and `--version` go to standard output and end with 0; no arguments show the help", async () => {
  const help = await openclaw("--help");
  assert.equal(help.code, 0);
  for (const word of ["gateway", "plugin", "agent", "status", "doctor", "dashboard"])
    assert.match(help.stdout, new RegExp(`^ +${word}`, "m"));
  assert.match((await openclaw("--version")).stdout, /^\d+\.\d+\.\d+\n$/);
  const none = await openclaw();
  assert.match(none.stdout + none.stderr, /Usage: openclaw/);
});

test("a wrong token is told as such, with the fix", async () => {
  const { code, stderr } = await run(gateway.stateDir, ["status"], { OPENCLAW_GATEWAY_TOKEN: "wrong-token" });
  assert.equal(code, 1);
  assert.match(stderr, /^openclaw: The gateway refused the token.*OPENCLAW_GATEWAY_TOKEN/);
  assert.ok(!stderr.includes("wrong-token"));
});

test("without a gateway, what needs one says how to start it", async () => {
  for (const args of [["status"], ["dashboard"], ["agent", "-m", "hello"]]) {
    const { code, stderr } = await run(nobody, args, { OPENCLAW_GATEWAY_PORT: "9" });
    assert.equal(code, 1, args.join(" "));
    assert.match(stderr, /^openclaw: No gateway answers on ws:\/\/127\.0\.0\.1:9\. Start one with/);
  }
});

test("a broken configuration without an earlier good one is told by every command, with the code of a bad start", async () => {
  const stateDir = await world.folder();
  await writeFile(join(stateDir, "openclaw.json"), "{ gateway: { prot: 1 } }");
  for (const args of [["status"], ["plugin", "list"]]) {
    const { code, stderr } = await run(stateDir, args);
    assert.equal(code, 78);
    assert.match(stderr, /^openclaw: .*gateway\.prot.*port/);
  }
});

test("after a gateway was killed, commands notice that it is gone", async () => {
  const killed = await world.gateway();
  await killed.kill();
  const { code, stdout, stderr } = await run(killed.stateDir, ["plugin", "list"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /dates/);
});
