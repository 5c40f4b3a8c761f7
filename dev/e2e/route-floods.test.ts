/** A flood of requests that nobody reads, against a gateway in a process of its own: its memory is bounded, it still answers. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect, type Client, type GatewayProcess } from "../gateway-process.ts";
import { grantPlugin, pluginRow } from "./plugins.fixture.ts";
import { eventually, World } from "./processes.fixture.ts";

const MiB = 1024 * 1024;
const CLIENTS = 200;
const BODY = 4 * MiB;
const world = new World();
let gateway: GatewayProcess;
let client: Client;

before(async () => {
  gateway = await world.gateway();
  const folder = join(gateway.stateDir, "plugins", "deaf");
  await mkdir(folder, { recursive: true });
  const permissions = {
    routes: [{ path: "/*", methods: ["GET", "POST"], verify: "none", maxBodyBytes: 8 * MiB }],
  };
  const manifest = { id: "deaf", version: "1.0.0", configSchema: { type: "object" }, permissions };
  await writeFile(join(folder, "openclaw.plugin.json"), JSON.stringify(manifest));
  await writeFile(
    join(folder, "main.js"),
    `export default { fetch: (request) => request.method === "GET" ? new Response("here") : new Promise((done) => setTimeout(() => done(new Response("late")), 3000)) };`,
  );
  client = await connect(gateway);
  await eventually(
    () => pluginRow(client, "deaf"),
    (plugin) => plugin?.standing === "waiting",
  );
  await grantPlugin(client, "deaf");
});
after(async () => {
  client.close();
  await world.close();
});

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${gateway.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

const linuxOnly = {
  skip: process.platform === "linux" ? false : "procfs tells the memory, and this is not Linux",
};

test(
  "two hundred bodies that no plugin reads stay within bounds, and others are answered meanwhile",
  linuxOnly,
  async () => {
    const before = await residentBytes();
    const sockets: Socket[] = [];
    const chunk = Buffer.alloc(64 * 1024, "x");
    for (let n = 0; n < CLIENTS; n += 1) {
      const socket = connectTcp(gateway.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(`POST /plugin/deaf/${n} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${BODY}\r\n\r\n`);
      const feed = () => {
        while (socket.bytesWritten < BODY && socket.write(chunk));
      };
      socket.on("connect", feed).on("drain", feed);
      sockets.push(socket);
    }
    let highest = 0;
    for (let look = 0; look < 20; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      highest = Math.max(highest, await residentBytes());
    }
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/healthz`)).status, 200);
    for (const socket of sockets) socket.destroy();
    const grown = Math.round((highest - before) / MiB);
    console.log(`${(CLIENTS * BODY) / MiB} MiB were offered, the gateway grew by ${grown} MiB`);
    assert.ok(grown < 256, `grew by ${grown} MiB`);
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${gateway.port}/plugin/deaf/`)).status,
      (status) => status === 200,
    );
  },
);
