/** One suite over every listener: Bun's on Bun, Node's on Node and on Deno, each in a process of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HostError } from "#host/base/errors.ts";
import { LISTENER } from "#host/base/limits.ts";
import type { ServerApp } from "#host/base/server.ts";
import { TestClient } from "#host/gateway/client-counterpart.ts";
import { TOKEN } from "#host/gateway/host-counterpart.ts";
import { serveNode } from "./node.ts";
import { loadServe } from "./serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(root, "host", "serve", "program-counterpart.ts");
const packages = join(root, "node_modules");

const runtimes = [
  { name: "Bun", program: process.versions["bun"] ? process.execPath : join(root, "dist", "bun"), args: [] },
  { name: "Node", program: join(packages, ".bin", "node"), args: [] },
  { name: "Deno", program: join(packages, ".bin", "deno"), args: ["run", "-A", "--no-check"] },
] as const;

interface Running {
  readonly port: number;
  /** Ends its input; resolves with its exit code. */
  stop(): Promise<number | null>;
}

function start(program: string, args: readonly string[], ...more: readonly string[]): Promise<Running> {
  const child = spawn(program, [...args, PROGRAM, ...more], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const stop = () => {
    child.stdin.end();
    return exited;
  };
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr.on("data", (data) => (errors += data));
    child.stdout.once("data", (line) => resolve({ port: Number(line), stop }));
    void exited.then((code) => reject(new Error(`ended with ${code}: ${errors}`)));
  });
}

for (const { name, program, args } of runtimes) {
  const missing = existsSync(program) ? false : `${program} is not installed`;
  test(
    `the gateway listens on ${name}: HTTP, a turn, limits, and a clean end`,
    { skip: missing },
    async () => {
      const { port, stop } = await start(program, args);
      const url = `127.0.0.1:${port}`;
      const page = await fetch(`http://${url}/`);
      assert.equal(page.status, 200);
      assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
      assert.equal((await fetch(`http://${url}/readyz`)).status, 200);

      const client = new TestClient(`ws://${url}`);
      const hello = await client.connect({ auth: { token: TOKEN } });
      assert.deepEqual(hello.auth.scopes.length, 6, "a direct client of this machine keeps its scopes");
      const send = { sessionKey: "main", message: "héllo ✓", idempotencyKey: "one" };
      await client.request("chat.send", send);
      assert.equal((await client.chatEnd("one")).payload.state, "final");
      const { messages } = await client.request<{ messages: { content: unknown }[] }>("chat.history", {
        sessionKey: "main",
      });
      assert.equal(messages[0]?.content, "héllo ✓");

      const foreign = new TestClient(`ws://${url}`, { Host: "evil.example" });
      await foreign.closed();
      assert.deepEqual(foreign.frames, []);

      const big = new TestClient(`ws://${url}`);
      await big.connect({ auth: { token: TOKEN } });
      big.sendText("x".repeat(300_000));
      const { code } = await big.closed();
      assert.ok(code === 1009 || code === 1006, `closed with ${code}`);

      const stopped = stop();
      assert.deepEqual(await client.closed(), { code: 1012, reason: "service restart" });
      assert.ok(client.frames.some((frame) => frame.type === "event" && frame.event === "shutdown"));
      assert.equal(await stopped, 0);
    },
  );
}

const nothing: ServerApp = {
  fetch: () => new Response(),
  upgrade: () => new Response(null, { status: 404 }),
};

for (const [name, load] of [
  ["this runtime's", loadServe],
  ["Node's", async () => serveNode],
] as const) {
  test(`a port that is taken is told by ${name} listener with its number and the fix`, async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const serve = await load();
    const options = {
      hostname: "127.0.0.1",
      port,
      app: nothing,
      maxMessageBytes: 1000,
      maxBufferedBytes: 1000,
    };
    await assert.rejects(serve(options), (error: unknown) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.code, "port.taken");
      assert.equal(error.message, `Cannot listen on 127.0.0.1:${port}: another program has this port`);
      assert.match(error.fix ?? "", /OPENCLAW_GATEWAY_PORT/);
      return true;
    });
    other.close();
  });
}

const HOST = "Host: 127.0.0.1\r\n";
const SOCKET = `GET / HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
const chunked = (path: string) => `POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
/** What a client says, and what it goes on to say every half second. */
const slow: readonly (readonly [name: string, first: string, then: string])[] = [
  ["says nothing", "", ""],
  ["sends a head letter by letter", `GET / HTTP/1.1\r\n${HOST}x: `, "a"],
  ["does so after an answer", `GET /healthz HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n${HOST}x: `, "a"],
  ["stays after an answer", `GET /healthz HTTP/1.1\r\n${HOST}\r\n`, ""],
  ["sends a body letter by letter", `POST /auth/token HTTP/1.1\r\n${HOST}Content-Length: 9000\r\n\r\n{`, "a"],
  ["sends it in chunks", chunked("/auth/token"), "1\r\na\r\n"],
  ["sends one that nobody reads", chunked("/nothing"), "1\r\na\r\n"],
  ["opens a WebSocket and says nothing", SOCKET, ""],
];

/** Resolves with the seconds after which the other end had enough; infinite if it had not after `limit` seconds. */
function patienceWith(port: number, first: string, then: string, limit: number): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(first));
    const drip = setInterval(() => then !== "" && socket.write(then), 500);
    const end = (seconds: number) => {
      clearInterval(drip);
      clearTimeout(timer);
      socket.destroy();
      resolve(seconds);
    };
    const timer = setTimeout(() => end(Number.POSITIVE_INFINITY), limit * 1000);
    socket.resume().on("error", () => undefined);
    socket.on("close", () => end((performance.now() - startedAt) / 1000));
  });
}

test("a slow client is cut off, whatever it is slow with, and others are answered meanwhile: on Bun, Node and Deno", async () => {
  const there = runtimes.filter(({ program }) => existsSync(program));
  await Promise.all(
    there.map(async ({ name, program, args }) => {
      const { port, stop } = await start(program, args, "3000");
      const all = slow.map(([what, first, then]) =>
        patienceWith(port, first, then, 25).then((seconds) => [what, seconds] as const),
      );
      assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
      const ends = await Promise.all(all);
      const endless = ends
        .filter(([, seconds]) => seconds > 20)
        .map(([what]) => `${name}: a client that ${what}`);
      assert.deepEqual(endless, []);
      await stop();
    }),
  );
});

for (const { name, program, args } of runtimes.filter((runtime) => runtime.name !== "Bun")) {
  const missing = existsSync(program) ? false : `${program} is not installed`;
  test(`connections are so many and no more on ${name}`, { skip: missing }, async () => {
    const { port, stop } = await start(program, args);
    const sockets: Socket[] = [];
    let closed = 0;
    const opened = Array.from({ length: LISTENER.maxConnections + 100 }, async () => {
      const socket = connect(port, "127.0.0.1");
      sockets.push(socket);
      socket.resume().on("error", () => undefined);
      socket.on("close", () => closed++);
      await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
    });
    await Promise.all(opened);
    const refused = () => closed >= 100;
    while (!refused()) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(closed, 100);
    for (const socket of sockets) socket.destroy();
    await stop();
  });
}
