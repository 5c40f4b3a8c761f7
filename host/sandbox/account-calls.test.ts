/** Routes and the long call of an account in real isolates: what they may ask for, how they end, how they come back. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import type { CallEffect, CallPort, EffectIdentity, EffectReply } from "#host/base/effect.ts";
import type { HostError } from "#host/base/errors.ts";
import { createWorld } from "#host/broker/world.fixture.ts";
import type { PluginCode, RouteArgs } from "./contract.ts";
import {
  callText,
  createRig,
  request,
  toolPlugin,
  type Rig,
  type RigOptions,
} from "./sandboxes-for-tests.ts";

const rigs: Rig[] = [];
after(() => Promise.all(rigs.map((rig) => rig.sandboxes.stop())));

/** Effects go through a real broker, whose plugins are all there and hold a route. */
function rigOf(options: RigOptions = {}) {
  const world = createWorld({
    pluginFolder: "/",
    rights: { routes: [{ path: "/*", methods: ["GET", "POST"], verify: "none" }] },
  });
  const rig = createRig({ perform: (...effect) => world.broker.perform(...effect), ...options });
  rigs.push(rig);
  return { ...rig, world };
}

/** A plugin whose default export is this source. */
function pluginOf(id: string, exported: string, more: Partial<PluginCode> = {}): PluginCode {
  const bundle = `var __plugin = (() => ({ default: ${exported} }))();`;
  return {
    ...toolPlugin(id, "() => ''"),
    hash: createHash("sha256").update(bundle).digest("hex"),
    load: () => Promise.resolve(new TextEncoder().encode(bundle)),
    ...more,
  };
}

interface Spoken {
  readonly kind: CallEffect["kind"];
  readonly identity: EffectIdentity;
  readonly request: CallEffect;
}

/** Keeps what a channel's call says, and answers as a host that stores it. */
function listeningPort(takes: CallPort["takes"] = ["channel.receive", "channel.status"]) {
  const spoken: Spoken[] = [];
  let wake = Promise.withResolvers<void>();
  const port: CallPort = {
    takes,
    perform: async (identity, request) => {
      spoken.push({ kind: request.kind, identity, request });
      wake.resolve();
      wake = Promise.withResolvers();
      return { ok: true, head: { new: true }, body: null };
    },
  };
  const heard = async (count: number) => {
    while (spoken.length < count) await wake.promise;
    return spoken;
  };
  return { port, spoken, heard };
}

/** One exchange with `body` as what the client sends; resolves with what it got. */
async function exchange(
  rig: Pick<Rig, "sandboxes">,
  code: PluginCode,
  args: Partial<RouteArgs> = {},
  body: AsyncIterable<Uint8Array> | null = null,
) {
  const got = Promise.withResolvers<{
    status: number;
    headers: readonly (readonly [string, string])[];
    text: string;
  }>();
  const port: CallPort = {
    takes: ["route.body", "route.answer"],
    async perform(_identity, effect, context): Promise<EffectReply> {
      if (effect.kind === "route.body") return { ok: true, head: {}, body };
      if (effect.kind !== "route.answer") throw new Error(effect.kind);
      const chunks: Uint8Array[] = [];
      for await (const chunk of context.body) chunks.push(chunk);
      got.resolve({ ...effect, text: Buffer.concat(chunks).toString() });
      return { ok: true, head: {}, body: null };
    },
  };
  const head = {
    method: "GET",
    url: "http://127.0.0.1/",
    headers: [],
    hasBody: body !== null,
    base: "http://127.0.0.1/plugin/x",
  };
  const call = rig.sandboxes.callRoute(code, {
    account: null,
    args: { ...head, ...args } as RouteArgs,
    callId: "exchange-1",
    port,
    signal: new AbortController().signal,
  });
  await Promise.race([call, got.promise]);
  await call;
  return got.promise;
}

async function* chunks(count: number, bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let sent = 0; sent < count; sent += 1) yield new Uint8Array(bytes).fill(sent);
}

test("a route's fetch gets the request and its body, and its Response is the answer", async () => {
  const rig = rigOf();
  const code = pluginOf(
    "echo",
    `{ kind: "routes", tools: [], async fetch(request, ctx) {
      const text = await request.text();
      return new Response([request.method, new URL(request.url).pathname, request.headers.get("x-a"), text, ctx.base].join(" "), {
        status: 201, headers: { "x-b": "2" } });
    } }`,
  );
  assert.deepEqual(await rig.sandboxes.describe(code), { kind: "routes", tools: [], routes: true });
  async function* body() {
    yield new TextEncoder().encode("hel");
    yield new TextEncoder().encode("lo");
  }
  const head = {
    method: "POST",
    url: "http://127.0.0.1/hook?x=1",
    headers: [["x-a", "1"]] as [string, string][],
  };
  const answer = await exchange(rig, code, head, body());
  assert.equal(answer.text, "POST /hook 1 hello http://127.0.0.1/plugin/x");
  assert.equal(answer.status, 201);
  assert.ok(answer.headers.some(([name, value]) => name === "x-b" && value === "2"));
});

test("an answer can be made of the request's own stream, megabytes of it", async () => {
  const rig = rigOf();
  const code = pluginOf("mirror", `{ fetch: (request) => new Response(request.body) }`);
  const { text } = await exchange(rig, code, { method: "POST" }, chunks(64, 64 * 1024));
  assert.equal(text.length, 64 * 64 * 1024);
});

test("the routes of a plugin keep their isolate, and waitUntil keeps the call", async () => {
  const rig = rigOf();
  const code = pluginOf(
    "worker",
    `{ fetch(request, env, ctx) {
      globalThis.count = (globalThis.count ?? 0) + 1;
      ctx.waitUntil(new Promise((done) => setTimeout(() => { console.log("later", count); done(); }, 30)));
      return new Response(String(count) + (env === ctx));
    } }`,
  );
  assert.equal((await exchange(rig, code)).text, "1true");
  assert.deepEqual(rig.console, ["worker info later 1"]);
  assert.equal((await exchange(rig, code)).text, "2true");
});

test("a request that never ends ends at its deadline, and takes no other with it", async () => {
  const rig = rigOf();
  const code = pluginOf(
    "slow",
    `{ async fetch(request) {
      globalThis.here ??= Math.random();
      const { pathname } = new URL(request.url);
      if (pathname === "/never") await new Promise(() => {});
      if (pathname === "/slow") await new Promise((done) => setTimeout(done, 900));
      return new Response(String(here));
    } }`,
    { deadlineMs: 1_000 },
  );
  const never = assert.rejects(
    exchange(rig, code, { url: "http://127.0.0.1/never" }),
    (error: HostError) => error.code === "plugin.deadline",
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const slow = exchange(rig, code, { url: "http://127.0.0.1/slow" });
  await never;
  const { text } = await slow;
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.notEqual((await exchange(rig, code)).text, text, "the isolate in which it hung is gone");
});

test("a tool's call can neither read a request nor answer it, nor speak as a channel", async () => {
  const rig = rigOf();
  for (const kind of ["route.body", "route.answer", "channel.receive", "channel.status", "channel.prompt"]) {
    const { port, spoken } = listeningPort([]);
    const more = {
      kind,
      status: 200,
      headers: [],
      hasBody: false,
      event: {},
      step: {},
      state: "connected",
      detail: "",
    };
    const reply = await rig.world.broker.perform(
      { plugin: "echo", session: "agent:main:main", run: "run-1", call: "call-1" },
      more as unknown as CallEffect,
      { body: chunks(0, 0), signal: new AbortController().signal, pauseDeadline: () => () => {}, port },
    );
    assert.ok(!reply.ok && reply.failure.code === "denied", kind);
    assert.match(reply.failure.message, /was not opened for that/);
    assert.deepEqual(spoken, []);
  }
});

const TICKER = `{ kind: "channel", tools: [], channel: { id: "ticker", capabilities: { chats: ["direct"] },
  async run(ctx) {
    globalThis.runs = (globalThis.runs ?? 0) + 1;
    ctx.status({ state: "connected", detail: ctx.account });
    const { new: isNew } = await ctx.receive({ type: "message", id: "m" + runs, text: "hi", sentAt: 1,
      conversation: { id: "c", kind: "direct" }, sender: { id: "s" } });
    globalThis.told = isNew;
    if (!ctx.signal.aborted) await new Promise((stop) => ctx.signal.addEventListener("abort", stop));
    ctx.status({ state: "offline", detail: "said goodbye" });
    await ctx.storage.get("x").catch((error) => console.log(error.message));
  },
  async send(message, ctx) { return { ok: true, ids: [ctx.account, message.key, String(globalThis.runs), String(globalThis.told)] }; },
} }`;

function channelCall(
  account: string,
  name: "run" | "send" | "backfill" | "login",
  port: CallPort,
  signal: AbortSignal,
) {
  const args = { account, message: { key: "k1", conversation: "c", text: "t" } };
  return { account, name, args, callId: null, port, signal };
}

test("an account's run has no deadline, tells and hands over as that account, and says goodbye when told to stop", async () => {
  const rig = rigOf({ limits: { idleIsolateMs: 20 } });
  const code = pluginOf("ticker", TICKER, { deadlineMs: 50 });
  const stop = new AbortController();
  const { port, spoken, heard } = listeningPort();
  const running = rig.sandboxes.callChannel(code, channelCall("a", "run", port, stop.signal));
  await heard(2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { ids } = (await rig.sandboxes.callChannel(
    code,
    channelCall("a", "send", port, new AbortController().signal),
  )) as { ids: string[] };
  assert.deepEqual(ids, ["a", "k1", "1", "true"], "send runs in the isolate of run, which is not idle");
  stop.abort();
  assert.equal(await running, null);
  assert.deepEqual(
    spoken.map(({ kind }) => kind),
    ["channel.status", "channel.receive", "channel.status"],
  );
  assert.deepEqual(spoken[0]?.identity, {
    plugin: "ticker",
    session: "account:ticker:a",
    run: null,
    call: null,
  });
});

test("two accounts of one plugin are two processes with nothing in common", async () => {
  const rig = rigOf();
  const code = pluginOf("ticker", TICKER);
  const stop = new AbortController();
  const ports = [listeningPort(), listeningPort()] as const;
  const runs = ["a", "b"].map((account, at) =>
    rig.sandboxes.callChannel(code, channelCall(account, "run", (ports[at] ?? ports[0]).port, stop.signal)),
  );
  await Promise.all(ports.map(({ heard }) => heard(2)));
  for (const [at, account] of ["a", "b"].entries()) {
    const accounts = ports[at]?.spoken.map(({ identity }) => identity.session);
    assert.deepEqual(new Set(accounts), new Set([`account:ticker:${account}`]));
  }
  stop.abort();
  await Promise.all(runs);
});

test("a run that does not heed the order to stop is ended with its isolate", async () => {
  const rig = rigOf({ limits: { stopGraceMs: 100 } });
  const code = pluginOf(
    "deaf",
    `{ kind: "channel", tools: [], channel: { id: "deaf", capabilities: { chats: [] }, async send() {},
      async run(ctx) { ctx.status({ state: "connected" }); await new Promise(() => {}); } } }`,
  );
  const stop = new AbortController();
  const { port, heard } = listeningPort();
  const running = rig.sandboxes.callChannel(code, channelCall("a", "run", port, stop.signal));
  await heard(1);
  stop.abort();
  await assert.rejects(
    running,
    (error: HostError) => error.code === "plugin.crashed" && /went on after/.test(error.message),
  );
});

test("a run that spins or eats memory is ended, and its neighbour is not disturbed", async () => {
  const rig = rigOf();
  const never = new AbortController().signal;
  const channel = (id: string, body: string) =>
    pluginOf(
      id,
      `{ kind: "channel", tools: [], channel: { id: "${id}", capabilities: { chats: [] }, async send() {}, async run(ctx) { ${body} } } }`,
      { cpuSliceMs: 300, rssMiB: 300 },
    );
  const { port } = listeningPort();
  const steady = listeningPort();
  const stop = new AbortController();
  const ticker = rig.sandboxes.callChannel(
    pluginOf("ticker", TICKER),
    channelCall("a", "run", steady.port, stop.signal),
  );
  await steady.heard(2);
  const spin = channel("spinner", "for (;;);");
  const eat = channel(
    "eater",
    "const all = []; for (;;) { all.push(new Array(1e6).fill(all.length)); await new Promise((r) => setTimeout(r, 1)); }",
  );
  const crashed = (error: HostError) => error.code === "plugin.crashed";
  await Promise.all([
    assert.rejects(rig.sandboxes.callChannel(spin, channelCall("a", "run", port, never)), crashed),
    assert.rejects(rig.sandboxes.callChannel(eat, channelCall("a", "run", port, never)), crashed),
  ]);
  stop.abort();
  assert.equal(await ticker, null);
});

test("what a crashing account costs grows, then it is quarantined with the reason", async () => {
  const rig = rigOf({ limits: { restartDelayMs: 5, maxRestartDelayMs: 20, crashesBeforeQuarantine: 3 } });
  const code = pluginOf(
    "bomb",
    `{ kind: "channel", tools: [], channel: { id: "bomb", capabilities: { chats: [] }, async send() {}, async run() { for (;;); } } }`,
    { cpuSliceMs: 50 },
  );
  const { port } = listeningPort();
  const run = () =>
    rig.sandboxes.callChannel(code, channelCall("a", "run", port, new AbortController().signal));
  for (let crash = 0; crash < 3; crash += 1)
    await assert.rejects(run(), (error: HostError) => error.code === "plugin.crashed");
  assert.match(rig.sandboxes.quarantineOf(code) ?? "", /ran for more than 50 ms/);
  await assert.rejects(run(), (error: HostError) => error.code === "plugin.refused");
  const tool = toolPlugin("steady", "async () => 'fine'");
  assert.equal(await callText(rig.sandboxes, tool), "fine");
  await assert.rejects(
    rig.sandboxes.callTool(code, request(code)),
    (error: HostError) => error.code === "plugin.refused",
  );
});

test("login's steps are asked for one after the other, with their answers", async () => {
  const rig = rigOf();
  const code = pluginOf(
    "door",
    `{ kind: "channel", tools: [], channel: { id: "door", capabilities: { chats: [] }, async send() {}, async run() {},
      async *login(ctx) {
        const { token } = yield { type: "fields", title: "Log in", fields: [{ name: "token", label: "Token" }] };
        yield { type: "note", title: "got " + token };
      } } }`,
  );
  const steps: unknown[] = [];
  const port: CallPort = {
    takes: ["channel.prompt"],
    perform: async (_identity, effect) => {
      if (effect.kind === "channel.prompt") steps.push(effect.step.title);
      return { ok: true, head: { answer: { token: "t1" } }, body: null };
    },
  };
  await rig.sandboxes.callChannel(code, channelCall("a", "login", port, new AbortController().signal));
  assert.deepEqual(steps, ["Log in", "got t1"]);
});
