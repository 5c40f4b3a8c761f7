/** How a gateway ends, asked to or killed, and what the next one finds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, untilTool, type GatewayProcess } from "../gateway-process.ts";
import { writePlugin } from "./plugins.fixture.ts";
import { descendantsOf, eventually, isAlive, World } from "./processes.fixture.ts";

const STOP_LIMIT_MS = 5_000;
const SESSION = "agent:main:main";
const world = new World();
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;

before(async () => {
  model = await startOllamaCounterpart();
});
after(async () => {
  await world.close();
  await model.close();
});

const start = (stateDir?: string) => world.gateway({ OLLAMA_HOST: model.address }, stateDir);

async function stopsCleanly(gateway: GatewayProcess): Promise<void> {
  const children = await descendantsOf(gateway.pid);
  const started = performance.now();
  assert.equal(await gateway.stop(), 0, gateway.output());
  assert.ok(performance.now() - started < STOP_LIMIT_MS, "it took longer than 5 s to end");
  assert.doesNotMatch(gateway.output(), /"level":"error"/);
  await eventually(
    async () => children.filter(isAlive),
    (living) => living.length === 0,
  );
}

async function historyOf(gateway: GatewayProcess, sessionKey = SESSION): Promise<string> {
  const client = await connect(gateway);
  const history = JSON.stringify(await client.request("chat.history", { sessionKey }));
  client.close();
  return history;
}

async function sendSlow(gateway: GatewayProcess) {
  const client = await connect(gateway);
  const message = "remember this [[tokens:400]] [[pace:50]]";
  await client.request("chat.send", { sessionKey: SESSION, message, idempotencyKey: crypto.randomUUID() });
  await client.until((event, { deltaText }) => event === "chat" && String(deltaText).includes("tok3"));
  return client;
}

test("SIGTERM in the middle of an answer ends it cleanly, and what was said is there at the next start", async () => {
  const gateway = await start();
  const client = await sendSlow(gateway);
  await stopsCleanly(gateway);
  client.close();
  const next = await start(gateway.stateDir);
  const history = await historyOf(next);
  assert.match(history, /remember this/);
  assert.match(history, /tok0 tok1 tok2/);
  await stopsCleanly(next);
});

test("SIGTERM while a question waits for the owner ends it cleanly, and the question was a no", async () => {
  const gateway = await start();
  const client = await connect(gateway);
  const message = '[[tool:web_fetch {"url":"https://example.org/page"}]]';
  await client.request("chat.send", { sessionKey: SESSION, message, idempotencyKey: crypto.randomUUID() });
  await client.until((event) => event === "plugin.approval.requested");
  const asked = await client.request("plugin.approval.list");
  assert.match(JSON.stringify(asked), /https:\/\/example\.org\/page/);
  await stopsCleanly(gateway);

  const next = await start(gateway.stateDir);
  const later = await connect(next);
  assert.deepEqual(await later.request("plugin.approval.list"), []);
  later.close();
  assert.match(await historyOf(next), /example\.org/);
  await next.kill();
});

test("SIGKILL in the middle of an answer: no process stays, and the next start has the question and answers on", async () => {
  const gateway = await start();
  const client = await sendSlow(gateway);
  await gateway.kill();
  client.close();
  const next = await start(gateway.stateDir);
  assert.match(await historyOf(next), /remember this/);
  const again = await connect(next);
  const answer = await again.chat("and now? [[tokens:3]]");
  assert.equal(answer.state, "final");
  again.close();
  await stopsCleanly(next);
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`${signal} while a plugin runs in an endless loop leaves no process behind`, async () => {
    const gateway = await start();
    const folder = join(gateway.stateDir, "plugins", "spin");
    await writePlugin(folder, "spin", 'ctx.update("spinning"); for (;;);');
    const client = await connect(gateway);
    await untilTool(client, "spin");
    await client.request("chat.send", {
      sessionKey: SESSION,
      message: "[[tool:spin {}]]",
      idempotencyKey: crypto.randomUUID(),
    });
    await client.until((event, payload) => event === "agent" && JSON.stringify(payload).includes("spin"));
    const children = await descendantsOf(gateway.pid);
    assert.ok(children.length > 0);
    const started = performance.now();
    if (signal === "SIGTERM") assert.equal(await gateway.stop(), 0, gateway.output());
    else await gateway.kill();
    assert.ok(performance.now() - started < STOP_LIMIT_MS);
    client.close();
    await eventually(
      async () => children.filter(isAlive),
      (living) => living.length === 0,
    );
  });
}
