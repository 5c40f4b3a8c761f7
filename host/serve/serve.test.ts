/** One suite over every listener: Bun's on Bun, Node's on Node and on Deno, each in a process of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HostError } from "#host/base/errors.ts";
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

function start(program: string, args: readonly string[]): Promise<Running> {
  const child = spawn(program, [...args, PROGRAM], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
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
