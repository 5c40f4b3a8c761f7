/** Model calls of a dropped-in plugin: granted, answered, refused past the day's tokens, and after a restart still. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { AuditRecord } from "#host/base/audit.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, untilTool, type Client, type GatewayProcess } from "../gateway-process.ts";
import { grantPlugin, pluginRow, writePlugin } from "./plugins.fixture.ts";
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

/** Ends the gateway, by SIGKILL or in peace, and starts it again on the same state. */
async function restart(end: "kill" | "stop"): Promise<void> {
  await gateway[end]();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client.close();
  client = await connect(gateway);
}

async function granted(id: string, body: string, maxTokensPerDay: number): Promise<void> {
  const manifest = { permissions: { llm: { maxTokensPerDay } } };
  await writePlugin(join(gateway.stateDir, "plugins", id), id, body, { manifest });
  await eventually(
    () => pluginRow(client, id),
    (row) => row?.standing === "waiting",
  );
  await grantPlugin(client, id);
  await untilTool(client, id);
}

/** What the agent's model got as the tool's result. */
async function resultOf(tool: string, session?: string): Promise<string> {
  await client.chat(`[[tool:${tool} {}]]`, session);
  const messages = model.requests.at(-1)?.body.messages as { content: string }[];
  return messages.at(-1)?.content ?? "";
}

/** 256 for the call, 16 for the message, 12 bytes and 50 for the answer: 334 are reserved, 13 are spent. */
const ASK = 'return "it said: " + await ctx.llm.chat("[[tokens:3]]", { maxTokens: 50 }).text();';
const ANSWERED = "it said: tok0 tok1 tok2";
const refusal = (spent: number, limit: number) =>
  `Cannot call the model: "asker" has spent ${spent} of its ${limit} tokens of today, and this call may take up to 334`;

test("a plugin without the right is told which line its manifest lacks, and so is the agent", async () => {
  await writePlugin(join(gateway.stateDir, "plugins", "greedy"), "greedy", ASK);
  await untilTool(client, "greedy");
  assert.equal(
    await resultOf("greedy"),
    'Cannot call the model: it is not declared in the manifest of "greedy", or not granted. Add "permissions": { "llm": { "maxTokensPerDay": 50000 } } to its openclaw.plugin.json and grant it',
  );
});

test("a granted plugin is answered by the owner's model until its tokens are spent, over sessions and restarts", async () => {
  await granted("asker", ASK, 350);
  assert.equal(await resultOf("asker"), ANSWERED);
  assert.equal(await resultOf("asker", "agent:main:other"), ANSWERED);
  const asked = model.requests.length;
  const refused = await resultOf("asker");
  assert.ok(refused.startsWith(`${refusal(26, 350)}. Wait until 20`), refused);
  // The agent's own two calls, and none of the plugin's.
  assert.equal(model.requests.length, asked + 2);
  await restart("stop");
  await untilTool(client, "asker");
  assert.ok((await resultOf("asker", "agent:main:other")).startsWith(refusal(26, 350)));
});

test("every call is on record with its tokens and without its words", async () => {
  const { effects } = (await client.request("audit.effects.list", { pluginId: "asker" })) as unknown as {
    effects: AuditRecord[];
  };
  const told = effects.map(({ kind, decision, outcome, target, reason, session }) => [
    kind,
    decision,
    outcome,
    target,
    reason.slice(0, 60),
    session,
  ]);
  const done = "ollama/fake:latest: 10 tokens in, 3 out";
  assert.deepEqual(told.slice(-4), [
    ["llm.chat", "allowed", "done", "1 message", done, "agent:main:other"],
    ["llm.chat", "allowed", "not-done", "1 message", "", "agent:main:other"],
    ["llm.chat", "allowed", "done", "1 message", done, "agent:main:main"],
    ["llm.chat", "allowed", "not-done", "1 message", "", "agent:main:main"],
  ]);
  assert.match(told[0]?.join(" ") ?? "", /denied not-done 1 message .*has spent/);
});

test("usage.cost has the plugin's calls and the agent's own answers", async () => {
  const { totals, daily } = (await client.request("usage.cost")) as {
    totals: { input: number; output: number; missingCostEntries: number };
    daily: { totalTokens: number }[];
  };
  // Each of the agent's calls and the plugin's was counted as 10 tokens of input by the model's server.
  const calls = model.requests.filter(({ path }) => path === "/api/chat").length;
  // What runs on the owner's machine costs nothing, and that is known.
  assert.deepEqual([totals.input, totals.missingCostEntries], [10 * calls, 0]);
  assert.equal(daily.at(-1)?.totalTokens, totals.input + totals.output);
});

test("a call that kill -9 cuts off counts in full", async () => {
  const slow = 'return await ctx.llm.chat("[[tokens:40]] [[pace:200]]", { maxTokens: 50 }).text();';
  await granted("slow", slow, 1_000);
  const called = () =>
    model.requests.filter(
      ({ path, body }) => path === "/api/chat" && JSON.stringify(body).includes("[[pace"),
    );
  client.chat("[[tool:slow {}]]").catch(() => null);
  await eventually(
    async () => called().length,
    (count) => count > 0,
  );
  await restart("kill");
  await untilTool(client, "slow");
  // 256 + 16 + 26 + 50 of the first, as much of the second; no third.
  client.chat("[[tool:slow {}]]", "agent:main:b").catch(() => null);
  await eventually(
    async () => called().length,
    (count) => count > 1,
  );
  const refused = await resultOf("slow", "agent:main:c");
  assert.match(
    refused,
    /^Cannot call the model: "slow" has spent 696 of its 1000 tokens of today, and this call may take up to 348/,
  );
});
