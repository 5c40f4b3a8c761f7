/** Rights: nothing is usable before its owner said yes, and everybody reads the same refusal. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, type Client, type GatewayProcess } from "../gateway-process.ts";
import { grantPlugin, pluginRow, toolNames, writePlugin } from "./plugins.fixture.ts";
import { eventually, World } from "./processes.fixture.ts";

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

const standing = async (id: string) => (await pluginRow(client, id))?.standing;
const READS_WORKSPACE = { permissions: { paths: { read: ["$WORKSPACE"] } } };
const readNote = 'return await ctx.files.readText("$WORKSPACE/note.txt");';

async function waiting(id: string): Promise<{ readonly id: string; readonly text: string }> {
  await writePlugin(join(gateway.stateDir, "plugins", id), id, readNote, { manifest: READS_WORKSPACE });
  const open = async () =>
    (await client.request("plugin.approval.list")) as unknown as { id: string; pluginId: string }[];
  const all = await eventually(open, (list) => list.some(({ pluginId }) => pluginId === id));
  const approval = all.find(({ pluginId }) => pluginId === id);
  return { id: approval?.id ?? "", text: JSON.stringify(approval) };
}

/** What the model got as the tool's result. */
async function resultOf(tool: string, args = "{}"): Promise<string> {
  await client.chat(`[[tool:${tool} ${args}]]`);
  const messages = model.requests.at(-1)?.body.messages as { role: string; content: string }[];
  const last = messages.at(-1);
  assert.equal(last?.role, "tool");
  return last?.content ?? "";
}

test("a plugin that asks for rights waits, and is usable as soon as its owner says yes", async () => {
  await writeFile(join(gateway.stateDir, "workspace", "note.txt"), "buy milk");
  const approval = await waiting("jotter");
  assert.match(approval.text, /\$WORKSPACE/);
  assert.equal(await standing("jotter"), "waiting");
  assert.ok(!(await toolNames(client)).includes("jotter"));
  await client.request("plugin.approval.resolve", { id: approval.id, decision: "allow-always" });
  assert.equal(await standing("jotter"), "ready");
  assert.match(await resultOf("jotter"), /buy milk/);
});

test("a grant outlives a restart, and a revoked one is gone at once", async () => {
  await gateway.stop();
  client.close();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client = await connect(gateway);
  assert.match(await resultOf("jotter"), /buy milk/);
  await client.request("plugins.revoke", { pluginId: "jotter" });
  assert.ok(!(await toolNames(client)).includes("jotter"));
  assert.doesNotMatch(await resultOf("jotter"), /buy milk/);
});

test("a plugin that its owner denied is not usable, also after a restart, until it is granted", async () => {
  const approval = await waiting("nosy");
  await client.request("plugin.approval.resolve", { id: approval.id, decision: "deny" });
  assert.equal(await standing("nosy"), "denied");
  await gateway.stop();
  client.close();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client = await connect(gateway);
  await eventually(
    () => standing("nosy"),
    (state) => state === "denied",
  );
  await grantPlugin(client, "nosy");
  assert.match(await resultOf("nosy"), /buy milk/);
});

test("what was not declared is refused in one sentence with reason and fix", async () => {
  const folder = join(gateway.stateDir, "plugins", "escape");
  await writePlugin(folder, "escape", 'await fetch("https://example.org/secret"); return "out";');
  await eventually(
    () => toolNames(client),
    (names) => names.includes("escape"),
  );
  assert.equal(
    await resultOf("escape"),
    'Cannot reach "example.org": not declared in the manifest of "escape", or not granted. Add "example.org" to "permissions": { "domains": [ ] } in its openclaw.plugin.json and grant it',
  );
});

test("a question that the owner answers with no reads as a refusal that names the address", async () => {
  client.events.length = 0;
  const result = resultOf("web_fetch", '{"url":"https://example.org/page"}');
  const { id } = (await client.until((event) => event === "plugin.approval.requested")) as { id: string };
  await client.request("plugin.approval.resolve", { id, decision: "deny" });
  assert.equal(
    await result,
    'Cannot request "https://example.org/page": the owner said no. Ask the owner before trying again',
  );
});

test("an argument that a tool does not take is named, with those that it takes", async () => {
  const result = await resultOf("web_fetch", '{"url":"https://example.org","side":2}');
  assert.match(result, /argument "side": is not taken; those that are: url, maxChars, offset, pages/);
  assert.doesNotMatch(result, /False boolean/);
});
