/** Without any model server: the demo model, chosen openly, and replaced as soon as there is a real one. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, untilTool } from "../gateway-process.ts";
import { copyDice } from "./plugins.fixture.ts";
import { eventually, readyz, World } from "./processes.fixture.ts";

const world = new World();
after(() => world.close());

/** A port on which nothing listens now, and on which a server may start later. */
async function freePort(): Promise<number> {
  const probe = await startOllamaCounterpart();
  await probe.close();
  return Number(new URL(probe.address).port);
}

test("the demo model says what it is, runs a tool, and makes room for Ollama at the next message", async () => {
  const port = await freePort();
  const stateDir = await world.folder();
  await copyDice(stateDir);
  const gateway = await world.gateway({ OLLAMA_HOST: `127.0.0.1:${port}` }, stateDir);
  assert.match(gateway.output(), /Model +demo\/demo: .*does not answer/);
  assert.equal((await readyz(gateway)).model.how, "demo");

  const client = await connect(gateway);
  await untilTool(client, "roll");
  assert.match(JSON.stringify(await client.chat("hello")), /demo.*[Oo]llama/);
  assert.match(JSON.stringify(await client.chat('/tool roll {"sides":1}')), /rolled 1/);

  const model = await startOllamaCounterpart({ port });
  try {
    const answer = await eventually(
      () => client.chat("hello [[tokens:2]]"),
      (end) => JSON.stringify(end).includes("tok1"),
      4_000,
    );
    assert.equal(answer.state, "final");
    assert.equal((await readyz(gateway)).model.how, "found");
  } finally {
    await model.close();
  }
  const later = await client.chat("hello");
  assert.equal(later.state, "error", "a model that was there must not be replaced silently by the demo");
  client.close();
});
