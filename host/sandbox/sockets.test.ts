/** A plugin's own `WebSocket` and `ctx.net` against real servers: isolate, pipe and broker as they run together. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { toLoopback } from "#host/broker/counterpart.fixture.ts";
import {
  listenForSockets,
  listenForTcp,
  listenWithEcho,
  type SocketServer,
} from "#host/broker/socket.fixture.ts";
import { createWorld, type World } from "#host/broker/world.fixture.ts";
import { callText, createRig, toolPlugin, type Rig } from "./sandboxes-for-tests.ts";

const MiB = 1024 * 1024;
const ends: (() => Promise<unknown>)[] = [];
after(() => Promise.all(ends.map((end) => end())));

interface Bench {
  readonly rig: Rig;
  readonly world: World;
  /** What a tool answers; `execute` finds the server's address as `url` among its arguments. */
  run(execute: string, signal?: AbortSignal): Promise<string>;
}

function benchFor({ port }: { readonly port: number }): Bench {
  const target = `a.localhost:${port}`;
  const world = createWorld({ rights: { domains: [target], tcp: [target] }, resolve: toLoopback });
  const rig = createRig({ perform: (...effect) => world.broker.perform(...effect) });
  ends.push(async () => {
    await rig.sandboxes.stop();
    await world[Symbol.asyncDispose]();
  });
  let tools = 0;
  return {
    rig,
    world,
    run(execute, signal = new AbortController().signal) {
      const plugin = toolPlugin(`tool${(tools += 1)}`, execute);
      return callText(rig.sandboxes, plugin, { args: { url: `ws://${target}/`, port }, signal });
    },
  };
}

const OPENED = `const opened = (socket) => new Promise((resolve, reject) => {
  socket.onopen = () => resolve(socket);
  socket.onerror = (event) => reject(new Error(event.message));
});
const next = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));`;

test("a plugin talks over its WebSocket: text, bytes, blobs, close with code and reason", async () => {
  await using server = await listenWithEcho();
  const { run } = benchFor(server);
  const answer = await run(`async ({ url }) => { ${OPENED}
    const seen = [];
    const socket = new WebSocket(url);
    seen.push(socket.readyState, socket.url === url, socket.binaryType);
    await opened(socket);
    seen.push(socket.readyState, socket.OPEN, WebSocket.CLOSED);
    socket.send("grüße 👋");
    seen.push((await next(socket, "message")).data);
    socket.send(new Uint8Array([1, 2, 3]).subarray(1));
    const blob = (await next(socket, "message")).data;
    seen.push(blob instanceof Blob, blob.size);
    socket.binaryType = "arraybuffer";
    socket.binaryType = "nonsense";
    socket.send(new Blob(["bl", "ob"]));
    socket.send("after");
    const { data, origin } = await next(socket, "message");
    seen.push(new TextDecoder().decode(data), origin === new URL(url).origin, (await next(socket, "message")).data);
    socket.close(3999, "bye");
    seen.push(socket.readyState);
    socket.send("too late");
    const { code, reason, wasClean } = await next(socket, "close");
    seen.push(code, reason, wasClean, socket.readyState, socket.bufferedAmount);
    return JSON.stringify(seen);
  }`);
  assert.equal(
    JSON.parse(answer).join(),
    "0,true,blob,1,1,3,grüße 👋,true,2,blob,true,after,2,3999,bye,true,3,8",
  );
});

test("messages that come at once are each there for whoever awaits the next one", async () => {
  await using server = await listenForSockets((socket) => {
    socket.on("message", () => {
      for (let number = 0; number < 200; number += 1) socket.send(String(number));
    });
  });
  const { run } = benchFor(server);
  const answer = await run(`async ({ url }) => { ${OPENED}
    const socket = await opened(new WebSocket(url));
    const read = async () => (await next(socket, "message")).data;
    socket.send("go");
    const seen = [];
    while (seen.length < 200) seen.push(Number(await read()));
    return String(seen.every((number, index) => number === index));
  }`);
  assert.equal(answer, "true");
});

test("large messages go whole, in order, and bufferedAmount falls as credit carries them out", async () => {
  await using server = await listenWithEcho();
  const { run } = benchFor(server);
  const answer = await run(`async ({ url }) => { ${OPENED}
    const socket = await opened(new WebSocket(url));
    socket.binaryType = "arraybuffer";
    const sizes = [3_000_000, 0, 1, 70_000, 5_000_000];
    for (const [index, size] of sizes.entries()) socket.send(new Uint8Array(size).fill(index));
    const buffered = socket.bufferedAmount;
    const back = [];
    await new Promise((resolve) => (socket.onmessage = ({ data }) => {
      const bytes = new Uint8Array(data);
      back.push([bytes.length, bytes.every((byte) => byte === back.length)]);
      if (back.length === sizes.length) resolve();
    }));
    return JSON.stringify([buffered, back, socket.bufferedAmount]);
  }`);
  const sizes = [3_000_000, 0, 1, 70_000, 5_000_000];
  assert.deepEqual(JSON.parse(answer), [8_070_001, sizes.map((size) => [size, true]), 0]);
});

test("subprotocols and headers go along, given as Node's client or as ws takes them", async () => {
  await using server = await listenForSockets((socket, headers) => socket.send(String(headers["x-key"])));
  const { run } = benchFor(server);
  const answer = await run(`async ({ url }) => { ${OPENED}
    const seen = [];
    for (const open of [
      () => new WebSocket(url, ["one", "two"], { headers: { "X-Key": "ws" } }),
      () => new WebSocket(url, { protocols: "two", headers: [["x-key", "node"]] }),
    ]) {
      const socket = open();
      const first = next(socket, "message");
      await opened(socket);
      seen.push(socket.protocol, (await first).data);
      socket.close();
      seen.push((await next(socket, "close")).code);
    }
    return seen.join();
  }`);
  assert.equal(answer, "one,ws,1005,two,node,1005");
});

test("what the standard refuses is refused, with its own errors", async () => {
  await using server = await listenWithEcho();
  const { run } = benchFor(server);
  const answer = await run(`async ({ url }) => { ${OPENED}
    const nameOf = (act) => { try { act(); return "none"; } catch (error) { return error.name; } };
    const socket = new WebSocket(url);
    const seen = [
      nameOf(() => socket.send("early")),
      nameOf(() => new WebSocket("/relative")),
      nameOf(() => new WebSocket("ftp://x.org")),
      nameOf(() => new WebSocket(url + "#part")),
      nameOf(() => new WebSocket(url, ["a", "a"])),
      nameOf(() => new WebSocket(url, "with space")),
    ];
    await opened(socket);
    seen.push(nameOf(() => socket.close(1001)), nameOf(() => socket.close(2999)), nameOf(() => socket.close(1000, "x".repeat(124))));
    seen.push(new WebSocket(url.replace("ws:", "http:")).url === url);
    return seen.join();
  }`);
  const syntax = "SyntaxError";
  assert.equal(
    answer,
    `InvalidStateError,${syntax},${syntax},${syntax},${syntax},${syntax},InvalidAccessError,InvalidAccessError,${syntax},true`,
  );
});

test("a refusal is an error event in the broker's words, then an unclean close; so is one outside of a call", async () => {
  await using server = await listenWithEcho();
  const { rig, run } = benchFor(server);
  const events = `const events = (socket) => new Promise((resolve) => {
    const seen = [];
    socket.onerror = (event) => seen.push(event.type, event.message, event.error?.code);
    socket.onclose = (event) => resolve([...seen, event.type, event.code, event.wasClean, socket.readyState]);
  });`;
  const denied = JSON.parse(
    await run(
      `async () => { ${events} return JSON.stringify(await events(new WebSocket("wss://evil.org/"))); }`,
    ),
  );
  assert.match(denied[1], /Cannot reach "evil.org": not declared/);
  assert.deepEqual([denied[0], ...denied.slice(2)], ["error", "denied", "close", 1006, false, 3]);
  const given = JSON.parse(
    await run(`async ({ url }) => { ${events}
      const socket = new WebSocket(url);
      const all = events(socket);
      socket.close();
      return JSON.stringify([socket.readyState, ...(await all)]); }`),
  );
  assert.deepEqual([given[0], given[1], ...given.slice(4)], [2, "error", "close", 1006, false, 3]);
  const early = toolPlugin("early", "async () => JSON.stringify(await globalThis.early)", {
    before: `${events} globalThis.early = events(new WebSocket("ws://a.localhost:${server.port}/"));`,
  });
  assert.match(await callText(rig.sandboxes, early), /no call is running/);
});

test("a socket ends with its call: the server hears a goodbye, and no later call can use it", async () => {
  const closed = Promise.withResolvers<number>();
  await using server = await listenForSockets((socket) => socket.on("close", closed.resolve));
  const { rig } = benchFor(server);
  const plugin = toolPlugin(
    "keeper",
    `async ({ url }) => { ${OPENED}
      if (globalThis.kept === undefined) { globalThis.kept = await opened(new WebSocket(url)); return "open"; }
      return String(kept.readyState);
    }`,
  );
  const args = { url: `ws://a.localhost:${server.port}/` };
  assert.equal(await callText(rig.sandboxes, plugin, { args }), "open");
  assert.equal(await closed.promise, 1001);
  assert.equal(await callText(rig.sandboxes, plugin, { args }), "3");
});

test("a stopped turn closes the socket, and the plugin's signal tells it", async () => {
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<number>();
  await using server = await listenForSockets((socket) => {
    socket.on("close", closed.resolve);
    socket.on("message", () => opened.resolve());
  });
  const { run } = benchFor(server);
  const controller = new AbortController();
  const running = run(
    `async ({ url }, { signal }) => { const socket = new WebSocket(url); socket.onopen = () => socket.send("here"); await new Promise((resolve) => signal.addEventListener("abort", resolve)); return "stopped"; }`,
    controller.signal,
  );
  const ended = assert.rejects(running, /stopped/);
  await opened.promise;
  controller.abort();
  await ended;
  assert.equal(await closed.promise, 1001);
});

test("a server that floods a plugin which is busy fills nobody's memory", async () => {
  await using flood = await floodingServer();
  const { run, rig } = benchFor(flood.server);
  const execute = `async ({ url }, ctx) => { ${OPENED}
    const socket = await opened(new WebSocket(url));
    let read = 0;
    socket.onmessage = ({ data }) => {
      read += data.size;
      const end = performance.now() + 5;
      while (performance.now() < end);
    };
    while (read < 8 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 20));
    return String(read);
  }`;
  assert.ok(Number(await run(execute)) >= 8 * MiB);
  // Whatever is held on the way, in whichever process, was sent and not read.
  assert.ok(flood.sent() < 64 * MiB, `${flood.sent()} bytes were sent for 8 MiB that were read`);
  assert.deepEqual(
    rig.log.filter((line) => line.includes("crash")),
    [],
  );
});

async function floodingServer(): Promise<
  { readonly server: SocketServer; readonly sent: () => number } & AsyncDisposable
> {
  const piece = Buffer.alloc(64 * 1024);
  let sent = 0;
  const server = await listenForSockets((socket) => {
    const more = () => {
      if (socket.readyState !== socket.OPEN) return;
      sent += piece.length;
      socket.send(piece, more);
    };
    more();
  });
  return { server, sent: () => sent, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("ctx.net: a plugin speaks a line protocol over TCP, and half-closes", async () => {
  await using server = await listenForTcp((socket) => {
    socket.write("220 ready\r\n");
    socket.on("data", (data) => socket.write(data.toString().toUpperCase()));
    socket.on("end", () => socket.end("221 bye\r\n"));
  });
  const { run } = benchFor(server);
  const answer = await run(`async ({ port }, { net }) => {
    const connection = await net.connect({ host: "a.localhost", port });
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode("ehlo\\r\\n"));
    let text = "";
    for await (const chunk of connection.readable) {
      text += new TextDecoder().decode(chunk);
      if (text.includes("EHLO") && !text.includes("221")) await writer.close().catch(() => {});
    }
    const late = await net.connect({ host: "a.localhost", port }).then((other) => { other.close(); return other.writable.getWriter().closed.then(() => "closed", (error) => error.message); });
    const denied = await net.connect({ host: "evil.org", port: 25 }).catch((error) => error.code);
    return [text, late, denied].join("|");
  }`);
  assert.equal(answer, "220 ready\r\nEHLO\r\n221 bye\r\n|Cannot write: the connection has ended|denied");
});
