/** Requests from outside at the broker's door: who is let in, what is bounded, what is on record. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { InboundRequest } from "#host/base/inbound.ts";
import { bytes, createWorld, textOf, type World, type WorldOptions } from "#host/broker/world.fixture.ts";
import type { Route } from "#manifests/routes.ts";
import type { Opened, OpenExchange } from "./inbound.ts";

const ROUTES: readonly Route[] = [
  { path: "/open", methods: ["GET", "POST"], verify: "none", maxBodyBytes: 10 },
  { path: "/token", methods: ["POST"], verify: { token: { secret: "key" } } },
  {
    path: "/signed",
    methods: ["POST"],
    verify: { hmac: { secret: "key", header: "x-sig", algorithm: "sha256" } },
  },
  { path: "/unset", methods: ["POST"], verify: { token: { secret: "absent" } } },
];

function worldOf(more: WorldOptions = {}): World {
  return createWorld({
    rights: { routes: ROUTES },
    secrets: { key: "a-good-secret" },
    pluginFolder: "/",
    ...more,
  });
}

function asked(path: string, more: Partial<InboundRequest> = {}): InboundRequest {
  return {
    plugin: "hooks",
    account: null,
    method: "POST",
    path,
    url: `http://127.0.0.1${path}`,
    base: "http://127.0.0.1/plugin/hooks",
    headers: [],
    contentLength: null,
    fromOtherOrigin: false,
    body: null,
    signal: new AbortController().signal,
    ...more,
  };
}

const RUNS = { quarantine: null, accountRuns: true };

function open(world: World, request: InboundRequest, facts = {}): Promise<Opened> {
  return world.broker.inbound.open(request, { ...RUNS, ...facts });
}

async function refusal(world: World, request: InboundRequest, facts = {}) {
  const opened = await open(world, request, facts);
  assert.ok(!opened.ok, "it was let in");
  return opened.refusal;
}

async function letIn(world: World, request: InboundRequest): Promise<OpenExchange> {
  const opened = await open(world, request);
  assert.ok(opened.ok, opened.ok ? "" : opened.refusal.reason);
  return opened.exchange;
}

/** What the plugin's call would read. */
async function bodyOf({ port }: OpenExchange): Promise<string> {
  const context = { body: bytes(), signal: new AbortController().signal, pauseDeadline: () => () => {} };
  const identity = { plugin: "hooks", session: "route:hooks", run: null, call: "x" };
  const reply = await port.perform(identity, { kind: "route.body" }, context);
  assert.ok(reply.ok);
  return textOf(reply.body);
}

const signed = (body: string, key = "a-good-secret") =>
  [["X-Sig", createHmac("sha256", key).update(body).digest("hex")]] as const;

test("what is refused says its status, and nothing of it reaches the plugin", async () => {
  await using world = worldOf();
  const status = async (request: InboundRequest, facts = {}) => (await refusal(world, request, facts)).status;
  assert.equal(await status(asked("/none")), 404);
  assert.equal(await status(asked("/open", { account: "a" }), { accountRuns: false }), 404);
  assert.equal(await status(asked("/open", { method: "DELETE" })), 405);
  assert.equal(await status(asked("/token", { method: "GET" })), 405);
  assert.equal(await status(asked("/open", { contentLength: 11 })), 413);
  assert.equal(await status(asked("/open", { fromOtherOrigin: true })), 403);
  assert.equal(await status(asked("/open"), { quarantine: "it looped" }), 503);
  assert.equal(await status(asked("/token", { headers: [["authorization", "Bearer a-good-secreT"]] })), 401);
  assert.equal(await status(asked("/unset", { headers: [["authorization", "Bearer absent"]] })), 401);
  assert.equal(await status(asked("/signed", { body: bytes("hi"), headers: signed("hi", "other") })), 401);
  assert.equal(await status(asked("/signed", { body: bytes("ho"), headers: signed("hi") })), 401);
  const twice = [...signed("hi"), ["x-sig", "0"] as const];
  assert.equal(
    await status(asked("/signed", { body: bytes("hi"), headers: twice })),
    401,
    "a header that stands twice",
  );
  await world.broker.flushAudit();
  assert.equal(world.records.length, 11, "the two wrong signatures are one record with a number");
  assert.ok(
    world.records.every(
      ({ kind, decision, reason }) =>
        kind === "route.request" && decision === "denied" && reason.startsWith("Cannot "),
    ),
  );
  assert.match(
    world.records.map(({ reason }) => reason).join(),
    /"absent" is not set. Run: openclaw secret set hooks absent/,
  );
});

test("who shows the secret, or signs the body, is let in, and the plugin sees neither", async () => {
  await using world = worldOf();
  const headers = [
    ["authorization", "Bearer a-good-secret"],
    ["x-a", "1"],
    ["x-b", "key=a-good-secret"],
  ] as const;
  const shown = await letIn(world, asked("/token", { headers, fromOtherOrigin: true }));
  assert.deepEqual(shown.headers, [["x-a", "1"]]);
  const exchange = await letIn(world, asked("/signed", { body: bytes("h", "i"), headers: signed("hi") }));
  assert.equal(await bodyOf(exchange), "hi");
  exchange.conclude("done", "");
  exchange.conclude("failed", "again");
  await world.broker.flushAudit();
  const [record] = world.records;
  assert.partialDeepStrictEqual(record, {
    plugin: "hooks",
    session: "route:hooks",
    target: "POST /plugin/hooks/signed",
    decision: "allowed",
    outcome: "done",
  });
  assert.equal(world.records.length, 1, "an exchange has one record");
});

test("a body past its bound breaks off while it comes, and says whose fault it was", async () => {
  await using world = worldOf();
  const exchange = await letIn(world, asked("/open", { body: bytes("12345", "67890", "1") }));
  await assert.rejects(bodyOf(exchange), /more than 10 bytes/);
  assert.equal(exchange.bodyFault(), 413);
  const silent = await letIn(worldOf({ inboundLimits: { idleMs: 20 } }), asked("/open", { body: slowly() }));
  await assert.rejects(bodyOf(silent), /did not come in time/);
  assert.equal(silent.bodyFault(), 408);
});

async function* slowly(): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array(1);
  await new Promise(() => {});
}

test("a signed body that trickles in for ever is given up, and its memory is free again", async () => {
  await using world = worldOf({ inboundLimits: { heldMs: 60, heldBytes: 2 ** 20 } });
  async function* trickle(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      yield new Uint8Array(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const first = refusal(world, asked("/signed", { body: trickle(), headers: signed("x") }));
  const second = await refusal(world, asked("/signed", { body: bytes("x"), headers: signed("x") }));
  assert.equal(second.status, 503, "what is held is bounded for all together");
  assert.equal((await first).status, 408);
  (await letIn(world, asked("/signed", { body: bytes("x"), headers: signed("x") }))).conclude("done", "");
});

test("so many exchanges are open at once and no more, of one plugin and of all", async () => {
  await using world = worldOf({ inboundLimits: { openPerPlugin: 2, open: 3 } });
  const [one, two] = [await letIn(world, asked("/open")), await letIn(world, asked("/open"))];
  assert.equal((await refusal(world, asked("/open"))).status, 503);
  const other = await letIn(world, asked("/open", { plugin: "other" }));
  assert.equal((await refusal(world, asked("/open", { plugin: "third" }))).status, 503);
  for (const exchange of [one, two, other]) exchange.conclude("done", "");
  (await letIn(world, asked("/open"))).conclude("done", "");
});

test("a route is called so often and no oftener; wrong tries do not lock out right ones", async () => {
  await using world = worldOf({
    inboundLimits: { requestsPerSecond: 1, burst: 3, failuresPerSecond: 0.001 },
  });
  const wrong = () => refusal(world, asked("/token", { headers: [["authorization", "Bearer no"]] }));
  const statuses = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await wrong()).status);
  assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
  const right = asked("/token", { headers: [["authorization", "Bearer a-good-secret"]] });
  for (let n = 0; n < 3; n += 1) (await letIn(world, right)).conclude("done", "");
  const late = await refusal(world, right);
  assert.equal(late.status, 429);
  assert.ok((late.retryAfterMs ?? 0) > 0 && (late.retryAfterMs ?? 0) <= 1_000);
});

test("an exchange gives its body once and takes one answer, which ends when the client has it", async () => {
  await using world = worldOf();
  const exchange = await letIn(world, asked("/open", { body: bytes("hi") }));
  assert.equal(await bodyOf(exchange), "hi");
  await assert.rejects(bodyOf(exchange), /read already/);
  const context = {
    body: bytes("an", "swer"),
    signal: new AbortController().signal,
    pauseDeadline: () => () => {},
  };
  const identity = { plugin: "hooks", session: "route:hooks", run: null, call: "x" };
  const answer = { kind: "route.answer", status: 200, headers: [], hasBody: true } as const;
  const performed = exchange.port.perform(identity, answer, context);
  await assert.rejects(exchange.port.perform(identity, answer, context), /answered already/);
  const { body } = await exchange.answer;
  assert.equal(exchange.isOver(), false);
  assert.equal(await textOf(body), "answer");
  await performed;
  assert.equal(exchange.isOver(), true);
});

test("nothing is let in once the broker is closed, nor while the audit cannot be kept", async () => {
  await using world = worldOf({ limits: { waitingAuditRecords: 0 } });
  assert.equal((await refusal(world, asked("/open"))).status, 503);
  const other = worldOf();
  await other.broker.close();
  assert.equal((await refusal(other, asked("/open"))).status, 404);
});
