import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { WebSocket } from "ws";
import { freePort, listen, toLoopback } from "./counterpart.fixture.ts";
import { decide } from "./decide.ts";
import {
  connectTo,
  listenForSockets,
  listenForTcp,
  listenWithEcho,
  messagesOf,
  nextOf,
  open,
  Outgoing,
} from "./socket.fixture.ts";
import { createWorld, expectFailure, nextAsk, textOf, type WorldOptions } from "./world.fixture.ts";

const MiB = 1024 * 1024;

/** A world whose plugin may reach this port under a local name. */
function worldFor(port: number, more: WorldOptions = {}) {
  return createWorld({
    rights: { domains: [`a.localhost:${port}`], tcp: [`a.localhost:${port}`] },
    resolve: toLoopback,
    ...more,
  });
}

test("text and binary messages go both ways, also empty and large ones", async () => {
  await using server = await listenWithEcho();
  await using world = worldFor(server.port);
  const outgoing = new Outgoing();
  const reply = await world.perform(open(server.url("a.localhost")), { body: outgoing });
  const messages = messagesOf(reply);
  const large = Buffer.alloc(5 * MiB, "abc");
  outgoing.text("grüße");
  outgoing.text("");
  outgoing.binary(large);
  assert.deepEqual(await nextOf(messages), { text: "grüße" });
  assert.deepEqual(await nextOf(messages), { text: "" });
  const back = await nextOf(messages);
  assert.ok("binary" in back && large.equals(back.binary));
  outgoing.close(3001, "enough");
  assert.deepEqual(await nextOf(messages), { code: 3001, reason: "enough" });
  assert.equal((await messages.next()).done, true);
});

test("a message that comes in pieces of any cut is one message", async () => {
  await using server = await listenWithEcho();
  await using world = worldFor(server.port);
  const outgoing = new Outgoing();
  const messages = messagesOf(await world.perform(open(server.url("a.localhost")), { body: outgoing }));
  for (const byte of [1, 0, 0, 0, 2, 0xc3, 0xa4, 2, 0, 0, 0, 1, 7]) outgoing.bytes(Uint8Array.of(byte));
  assert.deepEqual(await nextOf(messages), { text: "ä" });
  assert.deepEqual(await nextOf(messages), { binary: Buffer.from([7]) });
});

test("fragments of a server are one message, its close has its code and reason, and pings are answered", async () => {
  const ponged = Promise.withResolvers<void>();
  await using server = await listenForSockets((socket) => {
    socket.on("pong", () => {
      ponged.resolve();
      socket.send("one, ", { fin: false });
      socket.send("two", { fin: true });
      socket.close(4000, "done");
    });
    socket.ping();
  });
  await using world = worldFor(server.port);
  const messages = messagesOf(await world.perform(open(server.url("a.localhost")), { body: new Outgoing() }));
  const first = nextOf(messages);
  await ponged.promise;
  assert.deepEqual(await first, { text: "one, two" });
  assert.deepEqual(await nextOf(messages), { code: 4000, reason: "done" });
});

test("subprotocol and headers get through; what negotiates the socket stays the host's", async () => {
  const seen = Promise.withResolvers<Record<string, unknown>>();
  await using server = await listenForSockets((_socket, headers) => seen.resolve(headers));
  await using world = worldFor(server.port);
  const headers = [
    ["Authorization", "Bot x"],
    ["Sec-WebSocket-Key", "mine"],
    ["Sec-WebSocket-Extensions", "permessage-deflate"],
    ["Host", "evil.org"],
    ["Proxy-Authorization", "Basic c3RyYW5nZXI6"],
  ] as const;
  const request = open(server.url("a.localhost"), { protocols: ["one", "two"], headers });
  const reply = await world.perform(request, { body: new Outgoing() });
  assert.deepEqual(reply.ok && reply.head, { protocol: "one" });
  const came = await seen.promise;
  assert.equal(came["authorization"], "Bot x");
  assert.equal(came["host"], `a.localhost:${server.port}`);
  assert.notEqual(came["sec-websocket-key"], "mine");
  assert.equal(came["proxy-authorization"], undefined);
  assert.equal(came["sec-websocket-extensions"], undefined);
});

test("what no right names, what is private and what is no socket address is denied", async () => {
  await using server = await listenWithEcho();
  await using world = worldFor(server.port, {
    rights: { domains: [`public.test:${server.port}`, `a.localhost:${server.port}`] },
  });
  const { port } = server;
  for (const [url, rule] of [
    [`ws://b.localhost:${port}/`, /not declared/],
    ["ws://a.localhost/", /not declared/],
    [`ws://127.0.0.1:${port}/`, /not declared/],
    [`ws://public.test:${port}/`, /resolves into a loopback network/],
    [`http://a.localhost:${port}/`, /Cannot request "http:" addresses/],
    [`ws://u:p@a.localhost:${port}/`, /name or password/],
  ] as const) {
    const failure = expectFailure(await world.perform(open(url)));
    assert.equal(failure.code, "denied", url);
    assert.match(failure.message, rule);
  }
  const outgoing = new Outgoing();
  await nextOf(messagesOf(await world.perform(open(server.url("a.localhost")), { body: echoing(outgoing) })));
});

/** The positive control: the same world's permitted socket works. */
function echoing(outgoing: Outgoing): Outgoing {
  outgoing.text("control");
  return outgoing;
}

test("a redirect and a plain answer open no socket, and nothing is asked for elsewhere", async () => {
  await using target = await listen((_request, response) => response.end());
  await using server = await listen((request, response) => {
    if (request.url === "/moved") response.writeHead(302, { location: target.url("a.localhost") }).end();
    else response.writeHead(404).end();
  });
  await using world = worldFor(server.port, {
    rights: { domains: [`a.localhost:${server.port}`, `a.localhost:${target.port}`] },
  });
  const ws = (path: string) => `ws://a.localhost:${server.port}${path}`;
  assert.match(expectFailure(await world.perform(open(ws("/moved")))).message, /redirects \(302\)/);
  assert.match(expectFailure(await world.perform(open(ws("/none")))).message, /it answers 404/);
  assert.deepEqual(target.seen, []);
});

test("a plugin that may ask is asked for a socket apart from its requests, once", async () => {
  await using server = await listenWithEcho();
  await using world = createWorld({ rights: { domains: ["ask"] }, resolve: toLoopback });
  world.always.add("fetcher host:pub.test");
  const asked = nextAsk(world.broker);
  const opening = world.perform(open("wss://pub.test/feed?token=1"), { body: new Outgoing() });
  const { id, title, lines } = await asked;
  assert.match(title, /fetcher asks to reach pub.test/);
  assert.deepEqual(lines[0], "SOCKET wss://pub.test/feed?token=1");
  await world.broker.asks.resolve(id, "deny");
  assert.equal(expectFailure(await opening).code, "denied");
  assert.equal(expectFailure(await world.perform(open(server.url("a.localhost")))).code, "denied");
});

test("a server that floods is stopped until the plugin reads, and memory stays bounded", async () => {
  const piece = Buffer.alloc(64 * 1024, 1);
  let sent = 0;
  await using server = await listenForSockets((socket) => {
    const more = () => {
      if (socket.readyState !== socket.OPEN || sent >= 512 * MiB) return;
      sent += piece.length;
      socket.send(piece, more);
    };
    more();
  });
  await using world = worldFor(server.port);
  const reply = await world.perform(open(server.url("a.localhost")), { body: new Outgoing() });
  const stalled = await untilStill(() => sent);
  assert.ok(stalled > 0 && stalled < 32 * MiB, `${stalled} bytes went out to nobody`);
  const messages = messagesOf(reply);
  let read = 0;
  for (; read < stalled + 16 * MiB; read += piece.length) await nextOf(messages);
  const ahead = (await untilStill(() => sent)) - read;
  assert.ok(ahead < 32 * MiB, `${ahead} bytes went out ahead of a reader that stopped`);
  await messages.return();
});

/** Resolves with the value once it has not changed for a moment. */
async function untilStill(value: () => number): Promise<number> {
  for (let last = -1; ; last = value()) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (value() === last) return last;
  }
}

test("a server that does not read stops what the plugin sends", async () => {
  const came = Promise.withResolvers<WebSocket>();
  await using server = await listenForSockets((socket) => {
    socket.pause();
    came.resolve(socket);
  });
  await using world = worldFor(server.port);
  const outgoing = new Outgoing();
  await world.perform(open(server.url("a.localhost")), { body: outgoing });
  const socket = await came.promise;
  const message = Buffer.alloc(MiB);
  for (let count = 0; count < 64; count += 1) outgoing.binary(message);
  const stalled = await untilStill(() => outgoing.taken);
  assert.ok(stalled < 32 * MiB, `${stalled} bytes were taken for nobody`);
  let received = 0;
  const all = new Promise<void>((resolve) => {
    socket.on("message", () => (received += 1) === 64 && resolve());
  });
  socket.resume();
  await all;
});

test("a message past its cap ends the socket, from either side", async () => {
  await using server = await listenForSockets((socket) => {
    socket.on("message", () => socket.send(Buffer.alloc(2_000)));
  });
  await using world = worldFor(server.port, { limits: { maxMessageBytes: 1_000 } });
  const outgoing = new Outgoing();
  const messages = messagesOf(await world.perform(open(server.url("a.localhost")), { body: outgoing }));
  outgoing.text("go");
  await assert.rejects(nextOf(messages), /a message is larger than a plugin may have/);
  const another = new Outgoing();
  const others = messagesOf(await world.perform(open(server.url("a.localhost")), { body: another }));
  another.binary(Buffer.alloc(1_001));
  await assert.rejects(nextOf(others), /a socket takes at most 1000/);
});

test("a plugin that breaks the framing or closes with a code that is not its own ends its socket", async () => {
  await using server = await listenWithEcho();
  await using world = worldFor(server.port);
  for (const [break_, rule] of [
    [(outgoing: Outgoing) => outgoing.bytes(Uint8Array.of(9, 0, 0, 0, 0)), /is no message/],
    [(outgoing: Outgoing) => outgoing.close(1006), /Cannot close the socket with 1006/],
    [(outgoing: Outgoing) => outgoing.bytes(Uint8Array.of(3, 0, 0, 0, 1, 3)), /malformed/],
  ] as const) {
    const outgoing = new Outgoing();
    const messages = messagesOf(await world.perform(open(server.url("a.localhost")), { body: outgoing }));
    break_(outgoing);
    await assert.rejects(nextOf(messages), rule);
  }
});

test("a connection that is cut is an abnormal close; bytes that are no frame are told as such", async () => {
  await using server = await listenForSockets((socket, headers) => {
    if (headers["x-how"] === "cut") socket.terminate();
    else
      (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.alloc(8, 0xff));
  });
  await using world = worldFor(server.port);
  const openAs = (how: string) =>
    world.perform(open(server.url("a.localhost"), { headers: [["x-how", how]] }), { body: new Outgoing() });
  assert.deepEqual(await nextOf(messagesOf(await openAs("cut"))), { code: 1006, reason: "" });
  await assert.rejects(nextOf(messagesOf(await openAs("garbage"))), /breaks the WebSocket protocol/);
});

test("a peer that answers no ping is cut off", async () => {
  // Speaks the opening by hand and then nothing more.
  const silent = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request: Buffer) => {
      const key = /sec-websocket-key: (.+)\r/i.exec(request.toString())?.[1] ?? "";
      void acceptOf(key).then((accept) =>
        socket.write(
          `HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        ),
      );
    });
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", () => resolve()));
  const { port } = silent.address() as AddressInfo;
  await using world = worldFor(port, { limits: { socketPingMs: 30 } });
  const reply = await world.perform(open(`ws://a.localhost:${port}/`), { body: new Outgoing() });
  await assert.rejects(nextOf(messagesOf(reply)), /fell silent/);
  silent.close();
});

/** RFC 6455, section 4.2.2. */
async function acceptOf(key: string): Promise<string> {
  const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Buffer.from(digest).toString("base64");
}

test("an abort ends the opening, and an open socket with a goodbye", async () => {
  const closed = Promise.withResolvers<number>();
  await using server = await listenForSockets((socket) => socket.on("close", closed.resolve));
  await using world = worldFor(server.port);
  const early = new AbortController();
  const never = await listenForTcp(() => early.abort());
  await using _never = never;
  await using waiting = worldFor(never.port);
  const opening = waiting.perform(open(`ws://a.localhost:${never.port}/`), { signal: early.signal });
  assert.equal(expectFailure(await opening).code, "aborted");
  const late = new AbortController();
  const reply = await world.perform(open(server.url("a.localhost")), {
    body: new Outgoing(),
    signal: late.signal,
  });
  assert.ok(reply.ok);
  late.abort();
  assert.equal(await closed.promise, 1001);
});

test("a plugin has only so many sockets, and loses them with its rights", async () => {
  let open_ = 0;
  const gone = Promise.withResolvers<void>();
  await using server = await listenForSockets((socket) => {
    open_ += 1;
    socket.on("close", () => (open_ -= 1) === 0 && gone.resolve());
  });
  await using world = worldFor(server.port, { limits: { openSocketsPerPlugin: 2 } });
  const attempt = () => world.perform(open(server.url("a.localhost")), { body: new Outgoing() });
  const replies = [await attempt(), await attempt()];
  assert.ok(replies.every((reply) => reply.ok));
  assert.match(expectFailure(await attempt()).message, /"fetcher" has 2 open/);
  await world.broker.forget("fetcher");
  await gone.promise;
});

test("a socket is on record before it opens, when it is open and when it ended, without its query", async () => {
  await using server = await listenWithEcho();
  await using world = worldFor(server.port);
  const outgoing = new Outgoing();
  const reply = await world.perform(open(server.url("a.localhost", "/feed?token=secret")), {
    body: outgoing,
  });
  const messages = messagesOf(reply);
  assert.deepEqual(
    world.records.map(({ outcome }) => outcome),
    ["not-done"],
  );
  outgoing.text("hello");
  await nextOf(messages);
  outgoing.close(1000);
  await nextOf(messages);
  await world.broker.close();
  assert.deepEqual(
    world.records.map(({ kind, target, outcome, reason }) => [kind, target, outcome, reason]),
    [
      ["socket.open", `a.localhost:${server.port}/feed`, "not-done", ""],
      ["socket.open", `a.localhost:${server.port}/feed`, "done", "opened"],
      [
        "socket.open",
        `a.localhost:${server.port}/feed`,
        "done",
        "closed with 1000; 1 messages sent, 1 received",
      ],
    ],
  );
});

test("TCP: bytes go both ways, and the end of one stream is the end of the other", async () => {
  await using server = await listenForTcp((socket) => {
    const parts: Buffer[] = [];
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("end", () => socket.end(Buffer.concat(parts).toString().toUpperCase()));
  });
  await using world = worldFor(server.port);
  const outgoing = new Outgoing();
  outgoing.bytes(Buffer.from("ehlo "));
  outgoing.bytes(Buffer.from("there"));
  outgoing.end();
  const reply = await world.perform(connectTo("a.localhost", server.port), { body: outgoing });
  assert.equal(reply.ok && (await textOf(reply.body)), "EHLO THERE");
});

test("TCP: only a declared host and port, never one that was granted for the web or resolves inside", async () => {
  await using server = await listenForTcp((socket) => socket.end("hello"));
  await using world = createWorld({
    rights: {
      domains: ["a.localhost", "ask", `b.localhost:${server.port}`],
      tcp: [`pub.test:${server.port}`],
    },
    resolve: toLoopback,
  });
  for (const [host, port, rule] of [
    ["a.localhost", 80, /not declared/],
    ["b.localhost", server.port, /not declared/],
    ["pub.test", server.port + 1, /not declared/],
    ["pub.test:1", server.port, /not a host name/],
    ["u@pub.test", server.port, /not a host name/],
    ["pub.test", server.port, /resolves into a loopback network/],
  ] as const) {
    const failure = expectFailure(await world.perform(connectTo(host, port)));
    assert.deepEqual([failure.code, rule.test(failure.message)], ["denied", true], failure.message);
  }
});

test("TCP: a configured host counts with its port, and not without", () => {
  const facts = (value: string) => ({
    plugin: "mail",
    rights: { tcp: ["$config.imap"] },
    config: { imap: value },
    anyNetwork: false,
    allowlist: null,
  });
  const decided = (value: string, port: number) =>
    decide(facts(value) as never, connectTo("imap.example.org", port)).allowed;
  assert.equal(decided("imap.example.org:993", 993), true);
  assert.equal(decided("imap.example.org:993", 143), false);
  assert.equal(decided("imap.example.org", 443), false);
});

test("TCP: a reader that stops stops the sender, and an abort cuts the connection", async () => {
  const piece = Buffer.alloc(64 * 1024);
  let sent = 0;
  const cut = Promise.withResolvers<void>();
  await using server = await listenForTcp((socket) => {
    const more = () => {
      while (!socket.destroyed && sent < 512 * MiB) {
        sent += piece.length;
        if (!socket.write(piece)) return void socket.once("drain", more);
      }
    };
    socket.on("close", () => cut.resolve());
    more();
  });
  await using world = worldFor(server.port);
  const controller = new AbortController();
  await world.perform(connectTo("a.localhost", server.port), {
    body: new Outgoing(),
    signal: controller.signal,
  });
  const stalled = await untilStill(() => sent);
  assert.ok(stalled < 32 * MiB, `${stalled} bytes went out to nobody`);
  controller.abort();
  await cut.promise;
});

test("TCP: an end that does not read stops what the plugin sends", async () => {
  await using server = await listenForTcp((socket) => socket.pause());
  await using world = worldFor(server.port);
  const outgoing = new Outgoing();
  await world.perform(connectTo("a.localhost", server.port), { body: outgoing });
  for (let count = 0; count < 64; count += 1) outgoing.bytes(Buffer.alloc(MiB));
  const stalled = await untilStill(() => outgoing.taken);
  assert.ok(stalled < 32 * MiB, `${stalled} bytes were taken for nobody`);
});

test("a host that refuses or never answers is a failure in words, within its time", async () => {
  const port = await freePort();
  await using world = worldFor(port);
  assert.match(
    expectFailure(await world.perform(connectTo("a.localhost", port))).message,
    /it refuses the connection/,
  );
  await using mute = await listenForTcp(() => undefined);
  await using patient = worldFor(mute.port, { limits: { connectTimeoutMs: 100 } });
  const failure = expectFailure(await patient.perform(open(`ws://a.localhost:${mute.port}/`)));
  assert.match(failure.message, /did not answer in time/);
  const tls = expectFailure(await patient.perform(connectTo("a.localhost", mute.port, true)));
  assert.equal(tls.code, "timeout");
});

test("TLS: a certificate that nobody trusts opens nothing", async () => {
  const { createServer: createTls } = await import("node:tls");
  const { certificateFor } = await import("./tls.fixture.ts");
  const seen: string[] = [];
  const server = createTls(certificateFor("a.localhost"), (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => seen.push(data.toString()));
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using world = worldFor(port);
  for (const request of [connectTo("a.localhost", port, true), open(`wss://a.localhost:${port}/`)]) {
    const failure = expectFailure(await world.perform(request, { body: new Outgoing() }));
    assert.match(failure.message, /certificate is not trusted/);
  }
  assert.deepEqual(seen, []);
  server.close();
});
