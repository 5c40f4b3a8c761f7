/** A plugin's own `ctx.commands`: isolate, pipe, broker and a real program behind its sandbox. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eventually, processesWith, SHELL, shellWorld } from "#host/broker/commands/command-world.fixture.ts";
import { callText, createRig, toolPlugin } from "./sandboxes-for-tests.ts";

const CAT = { command: "cat" };
const world = shellWorld({ rights: { commands: [SHELL, CAT], write: ["$WORKSPACE"] } });
const rig = createRig({ perform: (...effect) => world.broker.perform(...effect) });
after(async () => {
  await rig.sandboxes.stop();
  await world[Symbol.asyncDispose]();
});

let tools = 0;
/** What a tool answers whose `execute` has this body. */
function run(body: string, signal = new AbortController().signal): Promise<string> {
  const plugin = toolPlugin(`tool${(tools += 1)}`, `async (args, ctx) => { ${body} }`);
  return callText(rig.sandboxes, plugin, { signal });
}

const SH = `const sh = (script, options) => ctx.commands.run("sh", ["-c", script], options);`;

test("a plugin runs a command to its end and gets both outputs and the exit code", async () => {
  const answer = await run(`${SH} return JSON.stringify(await sh("echo grüße; echo oops >&2; exit 7"))`);
  assert.deepEqual(JSON.parse(answer), { stdout: "grüße\n", stderr: "oops\n", exitCode: 7 });
});

test("input, variables and the folder reach the command, and its files the plugin", async () => {
  const answer = await run(`${SH}
    await sh("mkdir -p sub");
    const options = { stdin: "from the plugin", env: { GREETING: "hi" }, cwd: "$WORKSPACE/sub" };
    await sh('{ cat; echo " $GREETING"; } > note', options);
    return ctx.files.readText("$WORKSPACE/sub/note")`).catch(String);
  assert.match(answer, /not declared/); // reading is a right of its own
  const again = await run(`${SH} return (await sh("cat sub/note")).stdout`);
  assert.equal(again, "from the plugin hi\n");
});

test("several megabytes go through a command and come back as they were", async () => {
  const answer = await run(`
    const piece = crypto.getRandomValues(new Uint8Array(60_000));
    async function* pieces() { for (let n = 0; n < 60; n++) yield piece; }
    let at = 0, wrong = 0;
    for await (const event of ctx.commands.stream("cat", [], { stdin: pieces() })) {
      if (event.type !== "stdout") return [event.exitCode, at, wrong].join();
      for (const byte of event.bytes) if (byte !== piece[at++ % 60_000]) wrong++;
    }`);
  assert.equal(answer, "0,3600000,0");
});

test("a refusal reaches the plugin with code, sentence and fix", async () => {
  const answer = await run(`
    try { await ctx.commands.run("id") } catch (error) { return JSON.stringify([error.code, error.message, error.fix]) }`);
  assert.deepEqual(JSON.parse(answer), [
    "denied",
    `Cannot run "id": it is not declared in the manifest of "tool${tools}", or not granted`,
    'Add {"command":"id"} to "permissions": { "commands": [ ] } in its openclaw.plugin.json and grant it',
  ]);
});

test("output past what the plugin takes ends the command", async () => {
  const answer = await run(`${SH}
    return sh("yes", { maxOutputBytes: 100_000 }).catch((error) => error.code + ": " + error.message)`);
  assert.equal(answer, 'too-large: Cannot run "sh" to its end: it wrote more than 100000 bytes');
  await eventually("yes is gone", () => processesWith("sh -c yes") === 0);
});

test("a command ends with the loop that reads it, with its own signal, and with the call", async () => {
  const script = "echo up; sleep 65.678";
  const stream = `ctx.commands.stream("sh", ["-c", "${script}"], options)`;
  assert.equal(
    await run(`const options = {}; for await (const { type } of ${stream}) return type`),
    "stdout",
  );
  await eventually("it left with the loop", () => processesWith("65.678") === 0);
  const bySignal = await run(`
    const ending = new AbortController();
    const options = { signal: ending.signal };
    try { for await (const event of ${stream}) ending.abort() } catch (error) { return error.name }`);
  assert.equal(bySignal, "AbortError");
  await eventually("it left by the signal", () => processesWith("65.678") === 0);
  const stop = new AbortController();
  const call = run(`const options = {}; for await (const event of ${stream}) ctx.update("up")`, stop.signal);
  await eventually("it runs", () => processesWith("sleep 65.678") > 0);
  stop.abort();
  await assert.rejects(call);
  await eventually("it left with the call", () => processesWith("65.678") === 0);
});
