/** A plugin that keeps ending its isolate: what its owner sees of it, and what gets it back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { SANDBOX } from "#host/base/limits.ts";
import { connect, type Client, type GatewayProcess } from "../gateway-process.ts";
import { pluginRow, writePlugin } from "./plugins.fixture.ts";
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

const folderOf = (id: string) => join(gateway.stateDir, "plugins", id);
const standing = async (id: string) => (await pluginRow(client, id))?.standing;
const until = (id: string, state: string) =>
  eventually(
    () => standing(id),
    (now) => now === state,
  );

/** What the model got as the tool's result. */
async function resultOf(tool: string): Promise<string> {
  await client.chat(`[[tool:${tool} {}]]`);
  const messages = model.requests.at(-1)?.body.messages as { role: string; content: string }[];
  return messages.at(-1)?.content ?? "";
}

async function readyz(): Promise<{ plugins: { byState: Record<string, number> } }> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/readyz`);
  return (await answer.json()) as { plugins: { byState: Record<string, number> } };
}

test("a plugin that crashes again and again is quarantined, its owner reads why, and its neighbour serves on", async () => {
  const manifest = { permissions: { limits: { cpuSliceMs: 40 } } };
  await writePlugin(folderOf("looper"), "looper", "for (;;);", { manifest });
  await writePlugin(folderOf("calm"), "calm", 'return "all is well";');
  await Promise.all([until("looper", "ready"), until("calm", "ready")]);
  for (let crash = 1; crash <= SANDBOX.crashesBeforeQuarantine; crash++) {
    assert.equal(await standing("looper"), "ready", `after ${crash - 1} crashes`);
    assert.match(await resultOf("looper"), /ran for more than 40 ms without a pause/);
    assert.match(await resultOf("calm"), /all is well/);
  }
  assert.match(await resultOf("looper"), /Cannot run "looper": quarantined after repeated crashes/);
  const why = /quarantined \(It crashed repeatedly: .*more than 40 ms without a pause/;
  for (const command of [["list"], ["info", "looper"]]) {
    const { code, stdout } = await run(gateway.stateDir, ["plugin", ...command]);
    assert.equal(code, 0);
    assert.match(stdout, why);
  }
  assert.match((await pluginRow(client, "looper"))?.problem ?? "", /^It crashed repeatedly: /);
  assert.equal((await readyz()).plugins.byState["quarantined"], 1);
});

test("other code lifts the quarantine", async () => {
  await writePlugin(folderOf("looper"), "looper", 'return "mended";');
  await until("looper", "ready");
  assert.match(await resultOf("looper"), /mended/);
  assert.equal((await readyz()).plugins.byState["quarantined"], undefined);
});
