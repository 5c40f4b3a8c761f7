/** One connection: what it answers to bad frames, floods and a peer that does not read. */
import assert from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { test } from "node:test";
import type { ServerSocket } from "#host/base/server.ts";
import type { ServerFrame } from "./protocol/frames.ts";
import { Connection, type ConnectionDeps } from "./connection.ts";
import { startGateway } from "./gateway-counterpart.ts";
import { Outbox } from "./outbox.ts";
import { assistant, MODEL, TOKEN } from "./host-counterpart.ts";

const answered =
  (id: string) =>
  (frame: ServerFrame): frame is Extract<ServerFrame, { type: "res" }> =>
    frame.type === "res" && frame.id === id;

const badFrames = [
  [{ hello: 1 }, "invalid", "must have required property 'type'; at root: unexpected property 'hello'"],
  [{ type: "req", method: "health" }, "invalid", "must have required property 'id'"],
  [
    { type: "res", id: "x", ok: true },
    "x",
    "must have required property 'method'; at root: unexpected property 'ok'; at /type: must be equal to constant",
  ],
] as const;

test("a malformed frame after hello is answered in upstream's words and the line stays open", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  for (const [frame, id, words] of badFrames) {
    client.sendText(JSON.stringify(frame));
    const answer = await client.frame(answered(id));
    assert.deepEqual(answer, {
      type: "res",
      id,
      ok: false,
      error: { code: "INVALID_REQUEST", message: `invalid request frame: ${words}` },
    });
    client.frames.length = 0;
  }
  client.sendText("this is not json");
  assert.ok((await client.ask("health")).ok);
  assert.equal(client.frames.length, 1, "text that is no JSON gets no answer");
});

test("an unknown method, a second connect and bad parameters are answered as upstream does", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const refusals = [
    ["no.such.method", {}, "unknown method: no.such.method"],
    ["connect", {}, "connect is only valid as the first request"],
    ["chat.history", {}, "invalid chat.history params: must have required property 'sessionKey'"],
    ["chat.send", { nope: 1 }, "session mutation target is unavailable"],
    ["chat.history", { sessionKey: 5 }, "invalid chat.history params: at /sessionKey: must be string"],
    [
      "chat.history",
      { sessionKey: "main", limit: 0 },
      "invalid chat.history params: at /limit: must be >= 1",
    ],
    ["health", 5, "invalid health params: must be object"],
  ] as const;
  for (const [method, params, message] of refusals) {
    const answer = await client.ask(method, params);
    assert.ok(!answer.ok);
    assert.equal(answer.error.code, "INVALID_REQUEST");
    assert.equal(answer.error.message, message);
  }
});

test("requests are started in the order in which they came, and a slow one holds up no other", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  gateway.host.turn = () => undefined;
  client.sendText(
    JSON.stringify({
      type: "req",
      id: "slow",
      method: "agent",
      params: { message: "x", idempotencyKey: "slow", sessionKey: "slow" },
    }),
  );
  assert.ok((await client.ask("health")).ok);
  const slow = client.frames.filter(answered("slow"));
  assert.equal(slow.length, 1, "only accepted so far");
});

test("a flood of requests is refused past a bound, and all are answered", async () => {
  await using gateway = await startGateway({ limits: { maxRequestsInFlight: 8 } });
  const client = await gateway.join();
  gateway.host.turn = () => undefined;
  for (let n = 0; n < 20; n++) {
    const params = { message: "x", idempotencyKey: `k${n}` };
    client.sendText(JSON.stringify({ type: "req", id: `f${n}`, method: "agent", params }));
  }
  const last = await client.frame(answered("f19"));
  assert.ok(!last.ok);
  assert.equal(last.error.code, "UNAVAILABLE");
  assert.equal(last.error.retryable, true);
  const refused = client.frames.filter((frame) => frame.type === "res" && !frame.ok);
  assert.equal(refused.length, 12);
});

test("a message over the limit ends its own socket and no other", async () => {
  await using gateway = await startGateway({ limits: { maxPayloadBytes: 200_000 } });
  const [big, other] = [await gateway.join(), await gateway.join()];
  big.sendText(
    JSON.stringify({ type: "req", id: "1", method: "health", params: { pad: "x".repeat(300_000) } }),
  );
  // Which code the peer sees depends on the runtime's client: 1009, 1006 or none.
  assert.notEqual((await big.closed()).code, 1000);
  assert.ok((await other.ask("health")).ok);
});

test("a client that does not read is cut off, and its neighbours hear everything", async () => {
  await using gateway = await startGateway({ limits: { maxBufferedBytes: 300_000 } });
  const deaf = await joinDeaf(gateway.server.port);
  const reader = await gateway.join();
  gateway.host.turn = (_send, tell) => {
    const message = assistant("x".repeat(50_000));
    tell({ type: "agent_start", ...MODEL });
    tell({ type: "agent_end", stopReason: "stop", message, error: null });
  };
  const isCut = () => gateway.logged.some((line) => line.includes("cut off"));
  let runs = 0;
  while (!isCut() && runs < 500) {
    const runId = `run-${runs++}`;
    await reader.request("chat.send", { sessionKey: "main", message: "x", idempotencyKey: runId });
    await reader.chatEnd(runId);
    reader.frames.length = 0;
  }
  deaf.destroy();
  assert.ok(isCut(), `still connected after ${runs} runs`);
  assert.ok((await reader.ask("health")).ok);
});

/** Signs in over a bare TCP socket and then stops reading. */
async function joinDeaf(port: number): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1").on("error", () => undefined);
  const key = Buffer.from("0123456789abcdef").toString("base64");
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await seen(socket, "connect.challenge");
  const client = { id: "cli", version: "1", platform: "linux", mode: "cli" };
  const params = {
    minProtocol: 4,
    maxProtocol: 4,
    client,
    scopes: ["operator.read"],
    auth: { token: TOKEN },
  };
  socket.write(masked(JSON.stringify({ type: "req", id: "1", method: "connect", params })));
  await seen(socket, "hello-ok");
  return socket.pause();
}

function seen(socket: Socket, words: string): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", function listen(data: Buffer) {
      text += data.toString();
      if (!text.includes(words)) return;
      socket.off("data", listen);
      resolve();
    });
  });
}

/** A text frame from a client (RFC 6455, section 5.2), masked with zeros. */
function masked(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

function fakeSocket() {
  const closed: number[] = [];
  const sent: string[][] = [];
  const socket: ServerSocket = {
    send: (messages) => (sent.push([...messages]), "sent"),
    bufferedBytes: () => 0,
    close: (code) => void closed.push(code),
    terminate: () => undefined,
  };
  return { socket, closed, sent };
}

test("frames that pile up while connect is decided are bounded", () => {
  const { socket, closed } = fakeSocket();
  const deps: ConnectionDeps = {
    handshake: () => new Promise(() => undefined),
    dispatch: () => assert.fail("nothing may be answered before hello"),
    hello: () => assert.fail("nobody was let in"),
    limits: {
      maxHandshakeBytes: 10_000,
      handshakeTimeoutMs: 60_000,
      maxBufferedBytes: 1e6,
      maxRequestsInFlight: 8,
    },
    now: () => 0,
    left: () => undefined,
    cutOff: () => assert.fail("it read all that it was sent"),
    failed: (error) => assert.fail(String(error)),
  };
  const connection = new Connection(socket, { origin: null, host: null, cookie: null, local: true }, deps);
  const frame = JSON.stringify({ type: "req", id: "1", method: "connect", params: "x".repeat(1000) });
  for (let n = 0; n < 9; n++) connection.message(frame);
  assert.deepEqual(closed, []);
  for (let n = 0; n < 3; n++) connection.message(frame);
  assert.deepEqual(closed, [1009]);
});

test("frames of one turn of the event loop leave together and in order", async () => {
  const { socket, sent } = fakeSocket();
  const outbox = new Outbox(socket, 1000, () => assert.fail("nothing overflowed"));
  outbox.push("a");
  outbox.push("b");
  assert.deepEqual(sent, []);
  await new Promise((resolve) => setImmediate(resolve));
  outbox.push("c");
  outbox.flush();
  assert.deepEqual(sent, [["a", "b"], ["c"]]);
});

test("an outbox overflows once and then takes nothing more", () => {
  const { socket, sent } = fakeSocket();
  let overflows = 0;
  const outbox = new Outbox(socket, 10, () => overflows++);
  for (let n = 0; n < 5; n++) outbox.push("123456");
  outbox.flush();
  assert.equal(overflows, 1);
  assert.deepEqual(sent, []);
});
