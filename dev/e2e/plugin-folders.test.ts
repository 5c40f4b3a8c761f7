/** Plugins as folders: copied, changed, broken and deleted while the gateway runs. */
import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, type Client, type GatewayProcess } from "../gateway-process.ts";
import { copyDice, pluginRow, toolNames, writePlugin } from "./plugins.fixture.ts";
import { eventually, World } from "./processes.fixture.ts";

const FOUND_MS = 2_000;
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

const tools = () => toolNames(client);
const plugin = (id: string) => pluginRow(client, id);

test("a folder that is copied in is usable within two seconds, and gone as quickly when it is deleted", async () => {
  const folder = await copyDice(gateway.stateDir);
  await eventually(tools, (names) => names.includes("roll"), FOUND_MS);
  await client.chat('[[tool:roll {"sides":1}]]');
  assert.match(JSON.stringify(model.requests.at(-1)?.body), /rolled 1/);
  await rm(folder, { recursive: true });
  await eventually(tools, (names) => !names.includes("roll"), FOUND_MS);
  assert.equal(await plugin("dice"), null);
});

test("a folder that is still being copied is not loaded, not even what stands in it already", async () => {
  const folder = join(gateway.stateDir, "plugins", "slowly");
  await writePlugin(folder, "slowly", 'return "whole";');
  const whole = await readFile(join(folder, "main.ts"), "utf8");
  await rm(join(folder, "main.ts"));
  for (let at = 0; at < whole.length; at += 30) {
    await appendFile(join(folder, "main.ts"), whole.slice(at, at + 30));
    assert.ok(!(await tools()).includes("slowly"));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await eventually(tools, (names) => names.includes("slowly"), FOUND_MS);
  assert.equal((await plugin("slowly"))?.problem, null);
});

test("a broken update is told with file, line, key and rule, and the earlier version serves on", async () => {
  const folder = join(gateway.stateDir, "plugins", "steady");
  await writePlugin(folder, "steady", 'return "first";');
  await eventually(tools, (names) => names.includes("steady"), FOUND_MS);
  const manifest = join(folder, "openclaw.plugin.json");
  const good = await readFile(manifest, "utf8");

  await writeFile(manifest, good.replace('"version"', '"verzion"'));
  const unknown = await eventually(
    () => plugin("steady"),
    (row) => row?.standing === "broken",
  );
  assert.match(unknown?.problem ?? "", /openclaw\.plugin\.json.*3.*verzion.*"version".*1\.0\.0.*serves on/);

  await writeFile(manifest, good.replace('"1.0.0",', '"1.0.0"'));
  const unparsed = await eventually(
    () => plugin("steady"),
    (row) => row?.problem !== unknown?.problem,
  );
  assert.match(unparsed?.problem ?? "", /openclaw\.plugin\.json.*4/);

  await client.chat("[[tool:steady {}]]");
  assert.match(JSON.stringify(model.requests.at(-1)?.body), /first/);

  await writePlugin(folder, "steady", 'return "second";', { manifest: { version: "1.1.0" } });
  await eventually(
    () => plugin("steady"),
    (row) => row?.version === "1.1.0" && row.problem === null,
  );
  await client.chat("[[tool:steady {}]]");
  assert.match(JSON.stringify(model.requests.at(-1)?.body), /second/);
});

test("code that does not compile is told with its file and line", async () => {
  const folder = join(gateway.stateDir, "plugins", "typo");
  await writePlugin(folder, "typo", "return (;");
  const row = await eventually(
    () => plugin("typo"),
    (found) => found !== null,
  );
  assert.equal(row?.standing, "broken");
  assert.match(row?.problem ?? "", /main\.ts:5/);
  assert.ok(!(row?.problem ?? "").includes(gateway.stateDir), row?.problem ?? "");
});

test("a plugin of upstream's kind is refused with the reason", async () => {
  const folder = join(gateway.stateDir, "plugins", "upstream");
  await writePlugin(folder, "upstream", "");
  await writeFile(join(folder, "main.ts"), "export default function register(api) { api.registerTool({}); }");
  const row = await eventually(
    () => plugin("upstream"),
    (found) => found !== null,
  );
  assert.equal(row?.standing, "broken");
  assert.match(row?.problem ?? "", /defineTool|openclaw\/sdk/);
});

test("a SKILL.md folder is offered to the model in the next message, and gone when it is deleted", async () => {
  const folder = join(gateway.stateDir, "skills", "tea-time");
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "SKILL.md"),
    "---\nname: tea-time\ndescription: How the owner takes tea.\n---\n\nNo sugar.\n",
  );
  const prompt = async () => {
    await client.chat("hello");
    return JSON.stringify(model.requests.at(-1)?.body);
  };
  await eventually(prompt, (text) => /tea-time.*How the owner takes tea/.test(text), FOUND_MS);
  await rm(folder, { recursive: true });
  await eventually(prompt, (text) => !text.includes("tea-time"), FOUND_MS);
});

test("the next start prints what is wrong with each broken plugin", async () => {
  await gateway.stop();
  client.close();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client = await connect(gateway);
  assert.match(gateway.output(), /Plugins .*\d ready.*typo: broken/);
  assert.match(gateway.output(), /^ +typo: .*main\.ts:5/m);
});
