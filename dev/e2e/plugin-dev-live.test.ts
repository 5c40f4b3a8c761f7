/** `plugin dev` of channels, routes and sockets: what runs by itself, with a service and callers of its own. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Dev } from "./plugin-dev.fixture.ts";
import { World } from "./processes.fixture.ts";

const world = new World();
const running: Dev[] = [];
after(async () => {
  await Promise.all(running.map((dev) => dev.stop()));
  await world.close();
});

async function plugin(id: string, manifest: object, main: string): Promise<string> {
  const folder = join(await world.folder(), id);
  await mkdir(folder, { recursive: true });
  const all = { id, name: id, version: "1.0.0", configSchema: { type: "object" }, ...manifest };
  await writeFile(join(folder, "openclaw.plugin.json"), `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(join(folder, "main.ts"), main);
  return folder;
}

async function start(args: readonly string[]): Promise<Dev> {
  const dev = new Dev(await world.folder(), args);
  running.push(dev);
  return dev;
}

describe("plugin dev of a channel", () => {
  let service: Server;
  let dev: Dev;
  let folder: string;
  const lines: { n: number; from: string; text: string; at: number }[] = [];
  const sent: { to: string; text: string; key: string }[] = [];

  before(async () => {
    service = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      if (url.pathname === "/poll") {
        const after = Number(url.searchParams.get("after"));
        setTimeout(() => response.end(JSON.stringify(lines.filter(({ n }) => n > after))), 20);
        return;
      }
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        sent.push(JSON.parse(body));
        response.end(JSON.stringify({ id: `sent-${sent.length}` }));
      });
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const { port } = service.address() as AddressInfo;
    const permissions = { domains: [`127.0.0.1:${port}`] };
    folder = await plugin("pager", { channels: ["pager"], permissions }, CHANNEL);
    dev = await start([folder, "--config", JSON.stringify({ server: `http://127.0.0.1:${port}` })]);
  });
  after(() => {
    service.closeAllConnections();
    service.close();
  });

  test("connects the account and prints what it receives, each event once", async () => {
    await dev.until(/✓ pager runs: channel pager/);
    await dev.until(/● connected: version one/);
    lines.push({ n: 1, from: "ada", text: "hello there", at: 1_700_000_000_000 });
    await dev.until(/▼ ada: hello there\n/);
  });

  test("a line that is typed is sent to who wrote last, or to who is named", async () => {
    dev.line("good morning");
    await dev.until(/▲ sent to ada as sent-1 in \d+ ms/);
    dev.line("@grace and you?");
    await dev.until(/▲ sent to grace as sent-2/);
    assert.deepEqual(
      sent.map(({ to, text }) => `${to}: ${text}`),
      ["ada: good morning", "grace: and you?"],
    );
    assert.notEqual(sent[0]?.key, sent[1]?.key);
  });

  test("a save runs the account anew within 300 ms, with what it had stored", async () => {
    const main = join(folder, "main.ts");
    const text = (await readFile(main, "utf8")).replace("version one", "version two");
    await writeFile(main, text);
    const saved = performance.now();
    const [, ms] = await dev.until(/✓ pager reloaded, (\d+) ms after the save/);
    await dev.until(/● connected: version two/);
    console.log(`save to running: ${ms} ms; to connected anew: ${Math.round(performance.now() - saved)} ms`);
    assert.ok(Number(ms) <= 300, `${ms} ms`);
    assert.doesNotMatch(dev.unread(), /▼/);
    lines.push({ n: 2, from: "ada", text: "still there?", at: 1_700_000_000_001 });
    await dev.until(/▼ ada: still there\?/);
  });

  test("what is handed over and is no event is told, with the field", async () => {
    lines.push({ n: 3, from: "", text: "nobody", at: 1_700_000_000_002 });
    await dev.until(/✗ not received: .*conversation\.id must not be empty/);
    lines.splice(2);
  });

  test("a run that throws is told with the author's line, and a save mends it at once", async () => {
    const main = join(folder, "main.ts");
    const good = await readFile(main, "utf8");
    await writeFile(main, good.replace("while (", "throw new Error('line is dead');\n    while ("));
    await dev.until(/✗ run ended: .*line is dead\n.*at .*\(main\.ts:\d+:\d+\)/);
    assert.doesNotMatch(dev.unread(), /● offline/);
    await dev.until(/● waiting: it is started again in \d\.\d s, or by a save/);
    await writeFile(main, good);
    await dev.until(/● connected: version two/);
  });

  test("SIGINT ends a connected account too", async () => {
    const ended = new Promise((resolve) => dev.child.once("exit", resolve));
    dev.child.kill("SIGINT");
    assert.equal(await ended, 0);
  });
});

describe("plugin dev of routes", () => {
  let dev: Dev;
  let root: string;

  before(async () => {
    const secret = { name: "hookKey", use: "verify" };
    const hmac = { secret: "hookKey", header: "x-signature", algorithm: "sha256", prefix: "sha256=" };
    const routes = [
      { path: "/hello", methods: ["GET"], verify: "none" },
      { path: "/hook", methods: ["POST"], verify: { hmac } },
    ];
    const folder = await plugin("hooks", { permissions: { secrets: [secret], routes } }, ROUTES);
    const secrets = join(await world.folder(), "secrets.json");
    await writeFile(secrets, JSON.stringify({ hookKey: "the key of the hook" }));
    dev = await start([folder, "--secrets", secrets]);
    await dev.until(/✓ hooks runs: 2 routes/);
    [, root = ""] = await dev.until(/GET (http:\/\/127\.0\.0\.1:\d+\/plugin\/hooks)\/hello/);
  });

  test("answers on a listener of its own, at the printed address", async () => {
    const answer = await fetch(`${root}/hello`);
    assert.deepEqual([answer.status, await answer.text()], [200, "hello"]);
    assert.match(answer.headers.get("content-security-policy") ?? "", /sandbox/);
    await dev.until(/⇄ GET \/hello: 200 in \d+ ms/);
  });

  test("checks its callers with the secret of the file; why one is refused, only the author hears", async () => {
    const call = (signature: string) =>
      fetch(`${root}/hook`, {
        method: "POST",
        body: "push",
        headers: { "x-signature": `sha256=${signature}` },
      });
    const right = await call(createHmac("sha256", "the key of the hook").update("push").digest("hex"));
    assert.deepEqual([right.status, await right.text()], [200, "got push"]);
    await dev.until(/⇄ POST \/hook: 200/);
    const wrong = await call("00");
    assert.equal(wrong.status, 401);
    assert.doesNotMatch(await wrong.text(), /signature/);
    await dev.until(/⇄ POST \/hook: 401 in \d+ ms\n {2}.*its signature is wrong/);
  });

  test("nothing but routes is there, and no other name leads to it", async () => {
    assert.equal((await fetch(new URL("/", root))).status, 404);
    assert.equal((await fetch(`${root}/other`)).status, 404);
    await dev.until(/⇄ GET \/other: 404 in \d+ ms\n {2}.*holds no route to it/);
    const rebound = await fetch(`${root}/hello`, { headers: { host: "evil.example" } });
    assert.equal(rebound.status, 403);
  });
});

test("plugin dev names a secret that has no value here", async () => {
  const verify = { token: { secret: "hookKey" } };
  const routes = [{ path: "/hook", methods: ["POST"], verify }];
  const permissions = { secrets: [{ name: "hookKey", use: "verify" }], routes };
  const dev = await start([await plugin("keyless", { permissions }, ROUTES)]);
  await dev.until(/the secret "hookKey" has no value here: --secrets FILE gives it/);
});

test("settings that are missing are asked for as the command line takes them", async () => {
  const configSchema = { type: "object", required: ["server"], properties: { server: { type: "string" } } };
  const dev = await start([await plugin("unset", { configSchema, channels: ["pager"] }, CHANNEL)]);
  await dev.until(/"config" breaks its configSchema: .*required property "server"\. Give it with --config /);
});

test("a refused WebSocket comes with the line for the manifest", async () => {
  const folder = await plugin("ticker", { contracts: { tools: ["tick"] } }, SOCKET);
  const dev = await start([folder, "--call", "tick"]);
  const [, line = ""] = await dev.until(/In openclaw\.plugin\.json:\n {2}("permissions": .*)/);
  assert.equal(line, '"permissions": {"domains":["stream.example.org"]}');
});

const CHANNEL = `import { defineChannel } from "openclaw/sdk";
export default defineChannel({
  id: "pager",
  capabilities: { chats: ["direct"] },
  async run(ctx) {
    ctx.status({ state: "connected", detail: "version one" });
    while (!ctx.signal.aborted) {
      const after = (await ctx.storage.get("after")) ?? 0;
      const answer = await fetch(ctx.config.server + "/poll?after=" + after, { signal: ctx.signal });
      for (const { n, from, text, at } of await answer.json()) {
        await ctx.receive({
          type: "message", id: String(n), sentAt: at, text,
          conversation: { id: from, kind: "direct" }, sender: { id: "x", name: from || "x" },
        }).catch(() => {});
        await ctx.storage.set("after", n);
      }
    }
  },
  async send(message, ctx) {
    const body = JSON.stringify({ to: message.conversation, text: message.text, key: message.key });
    const answer = await fetch(ctx.config.server + "/send", { method: "POST", body });
    return { ok: true, ids: [(await answer.json()).id] };
  },
});
`;

const ROUTES = `import { defineRoutes } from "openclaw/sdk";
export default defineRoutes({
  async fetch(request) {
    if (request.method === "GET") return new Response("hello");
    return new Response("got " + (await request.text()));
  },
});
`;

const SOCKET = `import { defineTool } from "openclaw/sdk";
export default defineTool({
  name: "tick", description: "Tick", parameters: { type: "object" },
  async execute() {
    const socket = new WebSocket("wss://stream.example.org/live");
    return new Promise((resolve) => { socket.onclose = (event) => resolve("closed " + event.code); });
  },
});
`;
