/**
 * Plugins' routes from outside, through the real gateway, broker and isolate, on each runtime: a Hono app and a Worker
 * as their authors write them, callers that prove who they are, and those that do not.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  connect,
  denoBinary,
  root,
  startGateway,
  type Client,
  type GatewayProcess,
  type Runtime,
} from "../gateway-process.ts";
import { grantPlugin, pluginRow } from "./plugins.fixture.ts";
import { eventually, run } from "./processes.fixture.ts";

interface Route {
  readonly path: string;
  readonly methods: readonly string[];
  readonly verify: unknown;
  readonly maxBodyBytes?: number;
}

/** Puts a plugin into its place; `main` is its code as its author wrote it. */
async function drop(stateDir: string, id: string, main: string, routes: readonly Route[], more: object = {}) {
  const folder = join(stateDir, "plugins", id);
  await mkdir(folder, { recursive: true });
  const permissions = { routes, ...more };
  const manifest = { id, version: "1.0.0", configSchema: { type: "object" }, permissions };
  await writeFile(join(folder, "openclaw.plugin.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "main.js"), main);
}

/** As an author's own bundler would: the app with Hono in it. */
async function withHono(source: string): Promise<string> {
  const esbuild = execFile(
    join(root, "node_modules", ".bin", "esbuild"),
    ["--bundle", "--format=esm", "--loader=ts"],
    {
      cwd: root,
      maxBuffer: 8 << 20,
    },
  );
  const bundled = new Promise<string>((resolve, reject) => {
    let text = "";
    esbuild.stdout?.on("data", (data: string) => (text += data));
    esbuild.once("exit", (code) =>
      code === 0 ? resolve(text) : reject(new Error(`esbuild ended with ${code}`)),
    );
  });
  esbuild.stdin?.end(source);
  return bundled;
}

const HONO = `
import { Hono } from "hono";
const app = new Hono();
app.get("/", (c) => c.text("root"));
app.get("/hello/:name", (c) => c.json({ hello: c.req.param("name"), q: c.req.query("q") ?? null }));
app.post("/form", async (c) => c.text("got " + (await c.req.parseBody())["a"]));
app.get("/count", async (c) => {
  const n = ((await c.env.storage.get("n")) ?? 0) + 1;
  c.executionCtx.waitUntil(c.env.storage.set("n", n));
  return c.text(String(n));
});
app.get("/cookie", (c) => { c.header("Set-Cookie", "a=b"); c.header("X-Mine", "yes"); c.header("Access-Control-Allow-Origin", "*"); return c.html("<h1>hi</h1>"); });
export default app;`;

/** In the manner of the Workers documentation's first examples. */
const WORKER = `
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === "/echo") return new Response(request.body, { headers: { "content-type": "application/octet-stream" } });
    if (url.pathname === "/seen") return Response.json([...request.headers.keys()]);
    if (url.pathname === "/throw") throw new Error("secret detail");
    if (url.pathname === "/never") return new Promise(() => {});
    if (url.pathname === "/endless") {
      let n = 0;
      globalThis.sent = 0;
      return new Response(new ReadableStream({ pull(c) { globalThis.sent += 65536; c.enqueue(new Uint8Array(65536)); } }));
    }
    if (url.pathname === "/sent") return new Response(String(globalThis.sent));
    return new Response(request.method + " " + url.pathname);
  },
};`;

const HOOK = `
export default { async fetch(request) { globalThis.calls = (globalThis.calls ?? 0) + 1;
  return new Response(calls + " " + (await request.text()) + " " + [...request.headers.keys()].filter((name) => /sig|auth|token/.test(name))); } };`;

const runtimes: readonly Runtime[] = ["bun", "node", "deno"];
for (const runtime of runtimes) {
  const skip = runtime === "deno" && !existsSync(denoBinary()) ? "Deno is not installed" : false;
  describe(`on ${runtime}`, { skip }, () => {
    let gateway: GatewayProcess;
    let client: Client;
    let url: string;
    before(async () => {
      gateway = await startGateway({ runtime });
      url = `http://127.0.0.1:${gateway.port}/plugin`;
      const { stateDir } = gateway;
      const open = { verify: "none" };
      await drop(stateDir, "site", await withHono(HONO), [{ path: "/*", methods: ["GET", "POST"], ...open }]);
      await drop(
        stateDir,
        "worker",
        WORKER,
        [{ path: "/*", methods: ["GET", "POST"], maxBodyBytes: 8 << 20, ...open }],
        { limits: { deadlineMs: 3_000 } },
      );
      const hmac = { secret: "sign", header: "x-hub-signature-256", algorithm: "sha256", prefix: "sha256=" };
      await drop(
        stateDir,
        "hook",
        HOOK,
        [
          { path: "/signed", methods: ["POST"], verify: { hmac }, maxBodyBytes: 1_000 },
          { path: "/token", methods: ["POST"], verify: { token: { secret: "key", header: "x-token" } } },
          { path: "/bearer", methods: ["POST"], verify: { token: { secret: "key" } } },
        ],
        {
          secrets: [
            { name: "sign", use: "verify" },
            { name: "key", use: "verify" },
          ],
        },
      );
      client = await connect(gateway);
      for (const id of ["site", "worker", "hook"]) {
        const row = await eventually(
          () => pluginRow(client, id),
          (plugin) => plugin !== null,
        );
        assert.equal(row?.standing, "waiting", row?.problem ?? "");
        if (id === "site")
          assert.equal(
            (await fetch(`${url}/site/`)).status,
            404,
            "nothing is answered before the owner's yes",
          );
        await grantPlugin(client, id);
      }
      for (const [name, value] of [
        ["sign", "a-signing-key"],
        ["key", "a-shared-token"],
      ] as const) {
        const set = await run(
          stateDir,
          ["secret", "set", "hook", name],
          { OPENCLAW_GATEWAY_PORT: String(gateway.port) },
          undefined,
          `${value}\n`,
        );
        assert.equal(set.code, 0, set.stderr);
      }
    });
    after(async () => {
      client?.close();
      await gateway?.stop();
    });

    test("a Hono app is at home: paths, parameters, forms, storage, waitUntil", async () => {
      const text = async (path: string, init?: RequestInit) =>
        (await fetch(`${url}/site${path}`, init)).text();
      assert.equal(await text(""), "root");
      assert.equal(await text("/"), "root");
      assert.equal(await text("/hello/me?q=1"), '{"hello":"me","q":"1"}');
      assert.equal(await text("/form", { method: "POST", body: new URLSearchParams({ a: "b" }) }), "got b");
      assert.equal(await text("/count"), "1");
      assert.equal(await text("/count"), "2");
    });

    test("an answer keeps its own headers, loses those that act on the whole origin, and gets the walls'", async () => {
      const { headers } = await fetch(`${url}/site/cookie`);
      assert.equal(headers.get("x-mine"), "yes");
      for (const gone of ["set-cookie", "access-control-allow-origin"])
        assert.equal(headers.get(gone), null, gone);
      assert.match(headers.get("content-security-policy") ?? "", /^sandbox /);
      assert.doesNotMatch(headers.get("content-security-policy") ?? "", /allow-same-origin/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    });

    test("neither cookies nor the gateway's token reach a plugin, in whatever header or address they stand", async () => {
      const basic = Buffer.from(`user:${gateway.token}`).toString("base64");
      const seen = await fetch(`${url}/worker/seen`, {
        headers: {
          cookie: "openclaw-1=x",
          authorization: `Bearer ${gateway.token}`,
          "x-basic": `Basic ${basic}`,
          "x-mine": "1",
        },
      });
      const names = (await seen.json()) as string[];
      assert.ok(names.includes("x-mine"));
      for (const name of ["cookie", "authorization", "x-basic"]) assert.ok(!names.includes(name), name);
      assert.equal((await fetch(`${url}/worker/seen?token=${gateway.token}`)).status, 400);
    });

    test("bodies stream both ways, past what may be under way at once", async () => {
      const sent = Buffer.alloc(3 << 20, "x");
      const echoed = Buffer.from(
        await (await fetch(`${url}/worker/echo`, { method: "POST", body: sent })).arrayBuffer(),
      );
      assert.ok(echoed.equals(sent));
      const many = await Promise.all(
        Array.from({ length: 20 }, (_, n) => fetch(`${url}/worker/${n}`).then((r) => r.text())),
      );
      assert.deepEqual(
        many,
        many.map((_, n) => `GET /${n}`),
      );
    });

    test("a body past the route's bound is refused from its head, and while it comes", async () => {
      const announced = await fetch(`${url}/worker/echo`, {
        method: "POST",
        body: Buffer.alloc((8 << 20) + 1),
      });
      assert.equal(announced.status, 413);
      const chunk = `${(900).toString(16)}\r\n${"x".repeat(900)}\r\n`;
      const head = `POST /plugin/hook/signed HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Hub-Signature-256: sha256=00\r\nTransfer-Encoding: chunked\r\n\r\n`;
      assert.match(await firstLine(gateway.port, `${head}${chunk}${chunk}`), /^HTTP\/1.1 413/);
    });

    test("only what is signed with the owner's secret reaches a signed route, and the plugin sees no proof", async () => {
      const body = '{"event":"push"}';
      const signature = (key: string) => `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
      const call = (headers: Record<string, string>, path = "signed") =>
        fetch(`${url}/hook/${path}`, { method: "POST", body, headers });
      for (const headers of [
        {},
        { "x-hub-signature-256": "" },
        { "x-hub-signature-256": signature("other") },
        { "x-hub-signature-256": signature("a-signing-key").slice(7) },
      ] as Record<string, string>[]) {
        const refused = await call(headers);
        assert.equal(refused.status, 401);
        assert.doesNotMatch(await refused.text(), /secret|sign/);
      }
      assert.match(
        await (await call({ "x-hub-signature-256": signature("a-signing-key") })).text(),
        /^1 \{"event":"push"\} x-hub/,
      );
      assert.equal((await call({ "x-token": "wrong" }, "token")).status, 401);
      assert.equal((await call({ "x-token": gateway.token }, "token")).status, 401);
      assert.match(
        await (
          await call({ "x-token": "a-shared-token", "x-again-token": "a-shared-token" }, "token")
        ).text(),
        /^2 \{"event":"push"\} $/,
      );
      assert.match(
        await (await call({ authorization: "Bearer a-shared-token" }, "bearer")).text(),
        /^3 .* $/,
      );
    });

    test("what is not granted is not there; a wrong method, a foreign page and a socket are told", async () => {
      for (const path of [
        "/nobody/x",
        "/hook/other",
        "/hook/signed/",
        "/hook/signed/../none",
        "/hook/..%2fsite/",
        "/hook/@a/signed",
        "/HOOK/signed",
        "/hook//signed",
      ]) {
        const absent = await fetch(`${url}${path}`, { method: "POST" });
        assert.equal(absent.status, 404, path);
        assert.match(await absent.text(), /there is nothing at this address/);
      }
      const wrong = await fetch(`${url}/hook/token`);
      assert.equal(wrong.status, 405);
      assert.equal(wrong.headers.get("allow"), "POST");
      for (const origin of ["https://evil.example", "null"])
        assert.equal(
          (await fetch(`${url}/site/form`, { method: "POST", headers: { origin }, body: "a=b" })).status,
          403,
        );
      const upgrade =
        "GET /plugin/site/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";
      assert.match(await firstLine(gateway.port, upgrade), /^HTTP\/1.1 501/);
      assert.match(
        await firstLine(gateway.port, "GET /plugin/site/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        /^HTTP\/1.1 403/,
      );
    });

    test("a plugin that throws is 500 without its words, and one that never answers 504 at its deadline", async () => {
      const thrown = await fetch(`${url}/worker/throw`);
      assert.equal(thrown.status, 500);
      assert.doesNotMatch(await thrown.text(), /detail/);
      assert.equal((await fetch(`${url}/worker/never`)).status, 504);
    });

    test("a client that does not read stops the plugin, and one that leaves ends its call", async () => {
      const socket = connectTcp(gateway.port, "127.0.0.1");
      socket.pause();
      socket.write("GET /plugin/worker/endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      const sent = async () => Number(await (await fetch(`${url}/worker/sent`)).text());
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const first = await sent();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const second = await sent();
      assert.ok(first > 0 && second === first && first < 32 << 20, `${first} then ${second}`);
      socket.destroy();
    });

    test("every exchange is on record, and what was refused with its reason", async () => {
      const records = await eventually(
        async () => JSON.stringify(await client.request("audit.effects.list", { limit: 200 })),
        (text) => /504|deadline/.test(text),
      );
      for (const said of [
        /"kind":"route.request","target":"POST \/plugin\/hook\/signed","decision":"denied","reason":"Cannot POST \/plugin\/hook\/signed: its signature is wrong"/,
        /"target":"POST \/plugin\/nobody\/x","decision":"denied"/,
        /"target":"GET \/plugin\/site\/hello\/me","decision":"allowed"/,
        /"target":"GET \/plugin\/hook\/token","decision":"denied","reason":"[^"]*takes POST"/,
      ])
        assert.ok(said.test(records), String(said));
      assert.doesNotMatch(records, /a-shared-token|a-signing-key/);
    });
  });
}

function firstLine(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, "127.0.0.1", () => socket.write(request));
    socket.once("data", (data) => {
      resolve(String(data).split("\r\n")[0] ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
