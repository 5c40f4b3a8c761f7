import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import type { Transport } from "./protocol.ts";
import { authenticateSocket } from "./socket-transport.ts";

const SECRET = randomBytes(32);

/** Two ends of one loopback connection. */
async function pair(): Promise<{ host: Socket; sandbox: Socket; close: () => void }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const sandbox = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [host] = await accepted;
  sandbox.on("error", () => {});
  const close = () => {
    for (const socket of [host, sandbox]) socket.destroy();
    server.close();
  };
  return { host, sandbox, close };
}

function refusedFor(rule: RegExp) {
  return (thrown: unknown) =>
    thrown instanceof HostError && thrown.code === "sandbox.protocol" && rule.test(thrown.message);
}

async function readBytes(transport: Transport, size: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of transport.receive()) {
    pieces.push(piece);
    if (Buffer.concat(pieces).byteLength >= size) break;
  }
  return Buffer.concat(pieces);
}

async function readSome(socket: Socket, size: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.byteLength < size) {
    const [piece] = (await once(socket, "data")) as [Buffer];
    bytes = Buffer.concat([bytes, piece]);
  }
  return bytes;
}

test("two ends that know the secret exchange frames' bytes, also those sent right behind the proof", async () => {
  const { host, sandbox, close } = await pair();
  const [fromHost, fromSandbox] = await Promise.all([
    authenticateSocket(host, { role: "host", secret: SECRET }).then((transport) => {
      void transport.send(Buffer.from("first frame"));
      return transport;
    }),
    authenticateSocket(sandbox, { role: "sandbox", secret: SECRET }),
  ]);
  assert.equal(Buffer.from(await readBytes(fromSandbox, 11)).toString(), "first frame");
  fromHost.close();
  close();
});

test("a wrong secret is refused by the side that checks first, and the socket is closed", async () => {
  const { host, sandbox, close } = await pair();
  const other = authenticateSocket(sandbox, { role: "sandbox", secret: randomBytes(32) });
  await assert.rejects(
    authenticateSocket(host, { role: "host", secret: SECRET }),
    refusedFor(/proof is wrong/),
  );
  await assert.rejects(other);
  assert.equal(host.destroyed, true);
  close();
});

test("a proof that was recorded from an earlier connection is refused", async () => {
  const recorded = await pair();
  const host = authenticateSocket(recorded.host, { role: "host", secret: SECRET });
  const hostHello = await readSome(recorded.sandbox, 40);
  const nonce = randomBytes(32);
  const hello = Buffer.concat([Buffer.from("OCEPIPE1"), nonce]);
  const proof = createHmac("sha256", SECRET)
    .update("sandbox")
    .update(nonce)
    .update(hostHello.subarray(8))
    .digest();
  recorded.sandbox.write(Buffer.concat([hello, proof]));
  await host;
  recorded.close();

  const replayed = await pair();
  replayed.sandbox.write(Buffer.concat([hello, proof]));
  await assert.rejects(
    authenticateSocket(replayed.host, { role: "host", secret: SECRET }),
    refusedFor(/proof is wrong/),
  );
  replayed.close();
});

test("a peer that sends our own proof back is refused", async () => {
  const { host, sandbox, close } = await pair();
  const proving = authenticateSocket(sandbox, { role: "sandbox", secret: SECRET });
  const hello = await readSome(host, 40);
  host.write(hello);
  host.write(await readSome(host, 32));
  await assert.rejects(proving, refusedFor(/proof is wrong/));
  close();
});

test("a silent peer is dropped when its time is up", async () => {
  const { host, close } = await pair();
  await assert.rejects(
    authenticateSocket(host, { role: "host", secret: SECRET, deadlineMs: 30 }),
    refusedFor(/in time/),
  );
  assert.equal(host.destroyed, true);
  close();
});

test("a hello of a mebibyte is refused from its first bytes", async () => {
  const { host, sandbox, close } = await pair();
  sandbox.write(Buffer.alloc(1024 * 1024, 0x41));
  await assert.rejects(
    authenticateSocket(host, { role: "host", secret: SECRET }),
    refusedFor(/not one of this protocol/),
  );
  assert.equal(host.destroyed, true);
  close();
});

test("a right hello with a flood in place of the proof is refused", async () => {
  const { host, sandbox, close } = await pair();
  sandbox.write(Buffer.concat([Buffer.from("OCEPIPE1"), Buffer.alloc(4 * 1024 * 1024)]));
  await assert.rejects(
    authenticateSocket(host, { role: "host", secret: SECRET }),
    refusedFor(/proof is wrong/),
  );
  close();
});

test("a secret that is too short is refused before anything is sent", async () => {
  const { host, close } = await pair();
  await assert.rejects(
    authenticateSocket(host, { role: "host", secret: Buffer.from("short") }),
    (thrown) => thrown instanceof HostError && thrown.code === "config.invalid",
  );
  close();
});
