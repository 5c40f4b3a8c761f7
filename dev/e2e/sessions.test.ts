/** Sessions: apart from each other, and one answer for one question. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, untilTool, type Client, type GatewayProcess } from "../gateway-process.ts";
import { writePlugin } from "./plugins.fixture.ts";
import { World } from "./processes.fixture.ts";

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

async function callCount(session: string): Promise<string> {
  await client.chat("[[tool:counter {}]]", session);
  const messages = model.requests.at(-1)?.body.messages as { content: string }[];
  return messages.at(-1)?.content ?? "";
}

test("two sessions do not share what a plugin keeps in its module or in its globals", async () => {
  const body = "globalThis.calls = (globalThis.calls ?? 0) + 1; return `${++calls}/${globalThis.calls}`;";
  await writePlugin(join(gateway.stateDir, "plugins", "counter"), "counter", body, { top: "let calls = 0;" });
  await untilTool(client, "counter");
  assert.equal(await callCount("agent:main:one"), "1/1");
  assert.equal(await callCount("agent:main:one"), "2/2");
  assert.equal(await callCount("agent:main:two"), "1/1");
  assert.equal(await callCount("agent:main:one"), "3/3");
});

test("the same idempotency key twice gives one answer, during the run and after it", async () => {
  const send = {
    sessionKey: "agent:main:once",
    message: "only once [[tokens:10]] [[pace:30]]",
    idempotencyKey: crypto.randomUUID(),
  };
  const before = model.requests.length;
  const first = await client.request("chat.send", send);
  const second = await client.request("chat.send", send);
  assert.equal(first.status, "started");
  assert.equal(second.status, "in_flight");
  await client.until((event, { runId, state }) => runId === send.idempotencyKey && state === "final");
  assert.equal((await client.request("chat.send", send)).status, "ok");
  const { messages } = (await client.request("chat.history", { sessionKey: send.sessionKey })) as {
    messages: { role: string }[];
  };
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["user", "assistant"],
  );
  assert.equal(model.requests.slice(before).filter(({ path }) => path === "/api/chat").length, 1);
});

test("the key that was answered before a crash is not answered again after it", async () => {
  const send = {
    sessionKey: "agent:main:crash",
    message: "hi [[tokens:2]]",
    idempotencyKey: "before-the-crash",
  };
  await client.request("chat.send", send);
  await client.until((event, { runId, state }) => runId === send.idempotencyKey && state === "final");
  await gateway.kill();
  client.close();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  client = await connect(gateway);
  assert.equal((await client.request("chat.send", send)).status, "ok");
});

test("sessions are listed with the last one used first", async () => {
  await client.chat("first [[tokens:1]]", "agent:main:list-a");
  await client.chat("second [[tokens:1]]", "agent:main:list-b");
  const { sessions } = (await client.request("sessions.list")) as { sessions: { key: string }[] };
  assert.deepEqual(
    sessions.slice(0, 2).map(({ key }) => key),
    ["agent:main:list-b", "agent:main:list-a"],
  );
});
