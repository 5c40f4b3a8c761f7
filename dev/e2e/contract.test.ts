/** What whoever drives the gateway from outside relies on: addresses, health, sign-in, secrets. */
import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { networkInterfaces } from "node:os";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { connect, type GatewayProcess } from "../gateway-process.ts";
import { eventually, readyz, run, TOKEN, World } from "./processes.fixture.ts";

const world = new World();
let gateway: GatewayProcess;

before(async () => {
  gateway = await world.gateway();
});
after(() => world.close());

const post = (path: string, body: unknown) =>
  fetch(`http://127.0.0.1:${gateway.port}${path}`, { method: "POST", body: JSON.stringify(body) });

/** Whether the page's handshake without a token is answered with yes. */
function firstAnswer(headers: Record<string, string>): Promise<boolean> {
  const origin = `http://127.0.0.1:${gateway.port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}`, { headers: { ...headers, Origin: origin } });
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as { type: string; ok: boolean };
      if (frame.type === "event")
        return socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: PAGE }));
      resolve(frame.ok);
      socket.close();
    });
  });
}

const PAGE = {
  minProtocol: 4,
  maxProtocol: 4,
  client: { id: "webchat-ui", version: "0", platform: "web", mode: "webchat" },
  role: "operator",
  scopes: ["operator.read", "operator.write"],
};

test("it listens on this machine's own address and on no other", async () => {
  const others = Object.values(networkInterfaces())
    .flat()
    .flatMap((one) => (one === undefined || one.internal || one.family !== "IPv4" ? [] : [one.address]));
  for (const host of ["127.0.0.2", ...others]) {
    const refused = new Promise((resolve) => {
      const socket = connectTcp({ host, port: gateway.port }, () => resolve("connected"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    assert.equal(await refused, "ECONNREFUSED", host);
  }
});

test("/healthz answers, and /readyz tells every wall by itself", async () => {
  const health = await fetch(`http://127.0.0.1:${gateway.port}/healthz`);
  assert.equal(health.status, 200);
  assert.equal(((await health.json()) as { ok: boolean }).ok, true);
  const tried = (walls: readonly { state: string }[]) => walls.every(({ state }) => state !== "unknown");
  const { ready, walls } = await eventually(
    () => readyz(gateway),
    (answer) => tried(answer.walls),
  );
  assert.equal(ready, true);
  const names = walls.map(({ id }) => id);
  for (const id of ["isolate", "node-permission", "os-sandbox", "network", "watchdog"])
    assert.ok(names.includes(id), `no wall ${id} in ${names}`);
  assert.ok(walls.every(({ detail }) => detail.length > 10));
});

test("the printed ticket gives a cookie that opens the socket, and works once", async () => {
  const ticket = new URL(gateway.address).hash.replace("#ticket=", "");
  const first = await post("/auth/ticket", { ticket });
  assert.equal(first.status, 200);
  const cookie = first.headers.get("set-cookie") ?? "";
  assert.match(cookie, /HttpOnly/);
  assert.equal(await firstAnswer({ Cookie: cookie.split(";")[0] ?? "" }), true);
  assert.equal(await firstAnswer({}), false);
  const again = await post("/auth/ticket", { ticket });
  assert.equal(again.status, 401);
  assert.match(await again.text(), /openclaw dashboard/);
});

test("`dashboard` prints a fresh address with a ticket that works", async () => {
  const { code, stdout } = await run(gateway.stateDir, ["dashboard"]);
  assert.equal(code, 0);
  const ticket = /^http:\/\/127\.0\.0\.1:\d+\/#ticket=([\w-]+)\n$/.exec(stdout)?.[1];
  assert.equal((await post("/auth/ticket", { ticket })).status, 200);
});

test("the state folder is laid out as OpenClaw's, and keys are for their owner alone", async () => {
  const at = (...path: string[]) => join(gateway.stateDir, ...path);
  assert.equal((await stat(at("credentials"))).mode & 0o777, 0o700);
  for (const path of ["agents/main/sessions", "workspace", "plugins", "skills"])
    assert.ok((await stat(at(path))).isDirectory(), path);
  for (const path of ["openclaw.json", "agents/main/auth-profiles.json"])
    assert.equal((await stat(at(path))).mode & 0o077, 0, path);
  assert.match(await readFile(at("openclaw.json"), "utf8"), /gateway/);
});

test("the token stands in nothing that is printed and in no address", async () => {
  const client = await connect(gateway);
  await client.chat("/help");
  client.close();
  const wrong = await post("/auth/token", { token: "not-the-token" });
  assert.equal(wrong.status, 401);
  assert.ok(!(await wrong.text()).includes(TOKEN));
  assert.equal((await post("/auth/token", { token: TOKEN })).status, 200);
  assert.ok(!gateway.output().includes(TOKEN), gateway.output());
  assert.ok(!JSON.stringify(await readyz(gateway)).includes(TOKEN));
});
