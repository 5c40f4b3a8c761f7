/** Sockets of a dropped-in plugin, from the model's call to a real server and back; only after its owner said yes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { listenForTcp, listenWithEcho } from "#host/broker/socket.fixture.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, type Client, type GatewayProcess } from "../gateway-process.ts";
import { grantPlugin, pluginRow, withoutLabel, writePlugin } from "./plugins.fixture.ts";
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

async function resultOf(tool: string): Promise<string> {
  await client.chat(`[[tool:${tool} {}]]`);
  const messages = model.requests.at(-1)?.body.messages as { role: string; content: string }[];
  return withoutLabel(messages.at(-1)?.content);
}

test("a granted plugin talks over a WebSocket and over TCP, and is refused the other's port", async () => {
  await using echo = await listenWithEcho();
  await using greeter = await listenForTcp((socket) => socket.end("220 ready"));
  const [web, tcp] = [`localhost:${echo.port}`, `localhost:${greeter.port}`];
  const code = `
    const socket = new WebSocket("ws://${web}/");
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = (event) => reject(new Error(event.message)); });
    socket.send("hello");
    const { data } = await new Promise((resolve) => (socket.onmessage = resolve));
    socket.close(1000);
    const connection = await ctx.net.connect({ host: "localhost", port: ${greeter.port} });
    let greeting = "";
    for await (const chunk of connection.readable) greeting += new TextDecoder().decode(chunk);
    const wrong = await ctx.net.connect({ host: "localhost", port: ${echo.port} }).catch((error) => error.message);
    return [data, greeting, wrong].join(" | ");`;
  const permissions = { domains: [web], tcp: [tcp] };
  await writePlugin(join(gateway.stateDir, "plugins", "talker"), "talker", code, {
    manifest: { permissions },
  });
  const row = () => pluginRow(client, "talker");
  const waiting = await eventually(row, (plugin) => plugin?.standing === "waiting");
  assert.match(JSON.stringify(waiting), new RegExp(`domain ${web}.*tcp ${tcp}`));
  await grantPlugin(client, "talker");
  assert.match(
    await resultOf("talker"),
    new RegExp(`^hello \\| 220 ready \\| Cannot connect to "${web}": not declared`),
  );
  await client.request("plugins.revoke", { pluginId: "talker" });
  assert.doesNotMatch(await resultOf("talker"), /hello/);
});
