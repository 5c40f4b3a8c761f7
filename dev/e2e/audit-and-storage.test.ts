/** What plugins keep and what is on record of them, from the isolate to the disk and back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import type { AuditRecord } from "#host/base/audit.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, untilTool, type Client, type GatewayProcess } from "../gateway-process.ts";
import { writePlugin } from "./plugins.fixture.ts";
import { eventually, run, World } from "./processes.fixture.ts";

const world = new World();
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;
let gateway: GatewayProcess;
let client: Client;

before(async () => {
  model = await startOllamaCounterpart();
  gateway = await world.gateway({ OLLAMA_HOST: model.address });
  client = await connect(gateway);
});
after(async () => {
  client.close();
  await world.close();
  await model.close();
});

/** Ends the gateway as a power cut would, and starts it again on the same state. */
async function killAndRestart(): Promise<void> {
  await gateway.kill();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client.close();
  client = await connect(gateway);
}

async function usePlugin(id: string, body: string): Promise<void> {
  await writePlugin(join(gateway.stateDir, "plugins", id), id, body);
  await untilTool(client, id);
}

/** What the model got as the tool's result. */
async function resultOf(tool: string, session?: string): Promise<string> {
  await client.chat(`[[tool:${tool} {}]]`, session);
  const messages = model.requests.at(-1)?.body.messages as { content: string }[];
  return messages.at(-1)?.content ?? "";
}

async function effects(params: Record<string, unknown> = {}): Promise<AuditRecord[]> {
  const answer = await client.request("audit.effects.list", params);
  return answer.effects as AuditRecord[];
}

const cli = (...args: string[]) =>
  run(gateway.stateDir, args, { OPENCLAW_GATEWAY_PORT: String(gateway.port), OLLAMA_HOST: model.address });

test("a plugin keeps values over sessions, kill -9 and restarts, and another one cannot read them", async () => {
  await usePlugin(
    "counts",
    `const { seen = 0, raw = [] } = (await ctx.storage.get("state\\0é")) ?? {};
     await ctx.storage.set("state\\0é", { seen: seen + 1 });
     await ctx.storage.set("raw", new Uint8Array([seen, 255]));
     const bytes = await ctx.storage.get("raw");
     return JSON.stringify([seen, bytes instanceof Uint8Array, [...bytes], await ctx.storage.list(), await ctx.storage.get("none")]);`,
  );
  await usePlugin("nosy", 'return JSON.stringify([await ctx.storage.list(), await ctx.storage.get("raw")]);');
  assert.deepEqual(JSON.parse(await resultOf("counts")), [0, true, [0, 255], ["raw", "state\0é"], null]);
  assert.deepEqual(JSON.parse(await resultOf("counts", "agent:main:other")), [
    1,
    true,
    [1, 255],
    ["raw", "state\0é"],
    null,
  ]);
  await killAndRestart();
  await untilTool(client, "counts");
  assert.match(await resultOf("counts"), /^\[2,/);
  assert.equal(await resultOf("nosy"), "[[],null]");
});

test("an update keeps what a plugin stored, its removal does not", async () => {
  await usePlugin("renewed", 'await ctx.storage.set("a", "from the first version"); return "stored";');
  assert.equal(await resultOf("renewed"), "stored");
  const reading = 'return `now: ${await ctx.storage.get("a")}`;';
  await writePlugin(join(gateway.stateDir, "plugins", "renewed"), "renewed", reading);
  const said = () => resultOf("renewed");
  const first = await eventually(said, (text) => text !== "stored");
  assert.equal(first, "now: from the first version");
  await client.request("plugins.uninstall", { pluginId: "renewed" });
  await usePlugin("renewed", reading);
  assert.equal(await said(), "now: undefined");
});

test("a value or a quota that is too large is refused in words that the author can use", async () => {
  await usePlugin(
    "greedy",
    `const said = [];
     const attempt = (work) => work().catch((error) => said.push(error.code + ": " + error.message));
     await attempt(() => ctx.storage.set("big", new Uint8Array(256 * 1024 + 1)));
     for (let at = 0; at < 5; at++) await attempt(() => ctx.storage.set("part" + at, new Uint8Array(256 * 1024)));
     await attempt(async () => ctx.storage.set("none", undefined));
     return said.join("\\n");`,
  );
  const said = (await resultOf("greedy")).split("\n");
  assert.match(
    said[0] ?? "",
    /^too-large: Cannot store the value "big": the value has more than 262144 bytes/,
  );
  assert.match(said[1] ?? "", /^too-large: Cannot store the value "part3": .* its limit is 1048576/);
  assert.match(said.at(-1) ?? "", /Cannot store "none": undefined is not JSON/);
});

test("a denial in a loop is on record with its number, and everything else one by one", async () => {
  await usePlugin(
    "stubborn",
    `for (let at = 0; at < 300; at++) await fetch("https://example.org/no").catch(() => null);
     await ctx.storage.get("a"); await ctx.storage.get("a"); return "tried";`,
  );
  assert.equal(await resultOf("stubborn"), "tried");
  const before = await effects({ pluginId: "stubborn" });
  assert.deepEqual(
    before.map(({ kind, decision, outcome, count }) => [kind, decision, outcome, count]),
    [
      ["storage.get", "allowed", "done", 1],
      ["storage.get", "allowed", "done", 1],
      ["http.request", "denied", "not-done", 1],
    ],
  );
  await gateway.stop();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client.close();
  client = await connect(gateway);
  const [counted] = await effects({ pluginId: "stubborn", deniedOnly: true });
  assert.deepEqual([counted?.count, counted?.target], [299, "example.org/no"]);
});

test("the command line lists and verifies, with a gateway and without", async () => {
  const listed = await cli("audit", "list", "--plugin", "stubborn", "--denied");
  assert.match(
    listed.stdout,
    /stubborn +http\.request +denied \(299 times\) +not-done +example\.org\/no: Cannot reach/,
  );
  const rows = JSON.parse((await cli("audit", "list", "--json", "--limit", "2")).stdout) as AuditRecord[];
  assert.equal(rows.length, 2);
  const running = await cli("audit", "verify");
  assert.match(running.stdout, /^The audit holds: \d+ records, 0 files/);
  assert.equal((await cli("audit", "list", "--limit", "many")).code, 2);
  await gateway.stop();
  assert.deepEqual((await cli("audit", "verify")).stdout, running.stdout);
  assert.match((await cli("audit", "list")).stdout, /^SEQ +TIME/);
});

test("a record that somebody changed in the database file is found and named, exit code 74", async () => {
  const database = new DatabaseSync(join(gateway.stateDir, "agents/main/sessions/openclaw.db"));
  const change = () => database.exec("update audit set target = 'example.com/harmless' where seq = 3");
  assert.throws(change, /records of the audit are not changed/);
  database.exec("drop trigger audit_no_update");
  change();
  database.close();
  const told = await cli("audit", "verify");
  assert.equal(told.code, 74);
  assert.match(told.stderr, /does not hold from record 3 on \(the database\): the record was changed/);
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  const whileRunning = await cli("audit", "verify");
  assert.deepEqual(whileRunning, told);
});
