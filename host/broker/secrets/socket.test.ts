/** Secrets over WebSockets, against a real server that sends everything back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toLoopback } from "#host/broker/counterpart.fixture.ts";
import { listenForSockets, messagesOf, nextOf, open, Outgoing } from "#host/broker/socket.fixture.ts";
import { createWorld, expectOk, type World } from "#host/broker/world.fixture.ts";

const VALUE = "bot-token-of-the-test/äö";

async function setUp(host = "gateway.localhost") {
  const arrived: string[] = [];
  const server = await listenForSockets((socket, headers) => {
    arrived.push(String(headers["authorization"]));
    socket.on("message", (data, isBinary) => {
      arrived.push(String(data));
      socket.send(data, { binary: isBinary });
    });
  });
  const domain = `gateway.localhost:${server.port}`;
  const header = { in: "header", name: "authorization", format: "Bot {}" } as const;
  const world = createWorld({
    rights: {
      domains: [domain, `${host}:${server.port}`],
      secrets: [
        { name: "bot", slot: { in: "frame", pointer: "/d/token" }, domain },
        { name: "ascii", slot: header, domain },
      ],
    },
    secrets: { bot: VALUE, ascii: "ascii-token-of-the-test" },
    resolve: toLoopback,
  });
  return { arrived, server, world, url: server.url(host) };
}

async function placeholder(world: World, name: string): Promise<string> {
  return String((await expectOk(await world.perform({ kind: "secret.use", name }))).head["placeholder"]);
}

test("a message carries the value at its pointer, and what comes back has the placeholder", async () => {
  const { arrived, server, world, url } = await setUp();
  await using _server = server;
  await using _world = world;
  const [bot, ascii] = [await placeholder(world, "bot"), await placeholder(world, "ascii")];
  const outgoing = new Outgoing();
  const request = open(url, { headers: [["authorization", `Bot ${ascii}`]] });
  const messages = messagesOf(await world.perform(request, { body: outgoing }));
  const identify = JSON.stringify({ op: 2, d: { token: bot, note: bot } });
  outgoing.text(identify);
  assert.deepEqual(await nextOf(messages), { text: identify });
  outgoing.text(`not JSON ${bot}`);
  assert.deepEqual(await nextOf(messages), { text: `not JSON ${bot}` });
  outgoing.binary(Buffer.from(identify));
  assert.deepEqual(await nextOf(messages), { binary: Buffer.from(identify) });
  assert.deepEqual(arrived, [
    "Bot ascii-token-of-the-test",
    identify.replace(bot, VALUE),
    `not JSON ${bot}`,
    identify,
  ]);
});

test("another domain's socket gets placeholders", async () => {
  const { arrived, server, world, url } = await setUp("other.localhost");
  await using _server = server;
  await using _world = world;
  const bot = await placeholder(world, "bot");
  const outgoing = new Outgoing();
  const request = open(url, { headers: [["authorization", `Bot ${bot}`]] });
  const messages = messagesOf(await world.perform(request, { body: outgoing }));
  const identify = JSON.stringify({ d: { token: bot } });
  outgoing.text(identify);
  assert.deepEqual(await nextOf(messages), { text: identify });
  assert.deepEqual(arrived, [`Bot ${bot}`, identify]);
});
