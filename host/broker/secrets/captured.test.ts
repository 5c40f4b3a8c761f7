/** Signatures, captured values and held ones, each through the broker. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { RequestListener } from "node:http";
import { after, before, test } from "node:test";
import type { Clock } from "#host/base/clock.ts";
import { systemClock } from "#host/base/clock.ts";
import { listen, toLoopback, type Counterpart } from "#host/broker/counterpart.fixture.ts";
import { bytes, createWorld, expectFailure, expectOk, get, type World } from "#host/broker/world.fixture.ts";
import type { Secret } from "#manifests/secrets.ts";

const TOKEN = "ya29.access-token-of-the-test";
const REFRESH = "1//refresh-token-of-the-test";
let server: Counterpart;
let handler: RequestListener;
let seen: (string | undefined)[] = [];

before(async () => {
  server = await listen((request, response) => {
    seen.push(request.headers.authorization);
    handler(request, response);
  });
});
after(() => server[Symbol.asyncDispose]());

function open(clock: Clock = systemClock): World {
  seen = [];
  const [api, login] = [`api.localhost:${server.port}`, `login.localhost:${server.port}`];
  const slot = { in: "header", name: "authorization", format: "Bearer {}" } as const;
  const from = (pointer: string) => ({ domain: login, path: "/*/token", pointer, expiresIn: "/expires_in" });
  const secrets: Secret[] = [
    { name: "access", use: "capture", from: from("/access_token"), slot, domain: api },
    { name: "refresh", use: "capture", from: from("/refresh_token"), slot, domain: login },
    { name: "sign", use: "hmac" },
    { name: "noise", use: "held" },
  ];
  return createWorld({
    rights: { domains: [api, login], secrets },
    secrets: { sign: "signing-secret", noise: "held-secret" },
    resolve: toLoopback,
    clock,
  });
}

/** The token endpoint's answer, as the plugin gets it. */
async function login(world: World, answer: object | string, path = "/tenant/token", status = 200) {
  handler = (_request, response) =>
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(typeof answer === "string" ? answer : JSON.stringify(answer));
  return world.perform(get(server.url("login.localhost", path), { method: "POST" }));
}

/** What the API sees of a header that the plugin sends. */
async function sentTo(world: World, host: string, token: unknown): Promise<string | undefined> {
  handler = (_request, response) => response.end(`you sent ${seen.at(-1)}`);
  const headers = [["authorization", `Bearer ${String(token)}`]] as const;
  const { text } = await expectOk(await world.perform(get(server.url(host), { headers })));
  assert.equal(text, `you sent Bearer ${String(token)}`);
  return seen.at(-1);
}

const ANSWER = { access_token: TOKEN, refresh_token: REFRESH, expires_in: 600, note: `also ${TOKEN}` };

test("a captured token reaches its domain and never the plugin", async () => {
  await using world = open();
  const { text } = await expectOk(await login(world, ANSWER));
  assert.ok(!text.includes(TOKEN) && !text.includes(REFRESH));
  const { access_token: access, refresh_token: refresh, note } = JSON.parse(text);
  assert.match(access, /^openclaw-secret-access-/);
  assert.equal(note, `also ${access}`);
  assert.equal(await sentTo(world, "api.localhost", access), `Bearer ${TOKEN}`);
  assert.equal(await sentTo(world, "login.localhost", refresh), `Bearer ${REFRESH}`);
  assert.equal(await sentTo(world, "login.localhost", access), `Bearer ${access}`);
});

test("a captured token ends when the server says so, and with the plugin's rights", async () => {
  let now = 1_000_000;
  await using world = open({ ...systemClock, now: () => now });
  const placeholderOf = async () =>
    JSON.parse((await expectOk(await login(world, ANSWER))).text).access_token;
  const first = await placeholderOf();
  now += 599_000;
  assert.equal(await sentTo(world, "api.localhost", first), `Bearer ${TOKEN}`);
  now += 2_000;
  assert.equal(await sentTo(world, "api.localhost", first), `Bearer ${first}`);
  const second = await placeholderOf();
  await world.broker.forget("fetcher");
  assert.equal(await sentTo(world, "api.localhost", second), `Bearer ${second}`);
});

test("an answer from which nothing can be kept back is not handed on, but an error is", async () => {
  await using world = open();
  const failed = async (answer: object | string) => refusalOf(await login(world, answer));
  assert.match(await failed("access_token=12345678"), /it is not JSON, and a secret is to be kept from it$/);
  assert.match(await failed("[".repeat(200_000)), /it is not JSON/);
  assert.match(await failed({ access_token: "short" }), /the secret "access" in it is too short$/);
  assert.equal((await expectOk(await login(world, "sorry", "/tenant/token", 401))).text, "sorry");
  assert.equal((await expectOk(await login(world, { ok: 1 }))).text, '{"ok":1}');
  assert.match((await expectOk(await login(world, ANSWER, "/token"))).text, /ya29/);
});

test("what is captured is kept back however its address is spelt", async () => {
  await using world = open();
  for (const path of [
    "/tenant/%74oken",
    "/tenant//token",
    "//tenant/token/",
    "/tenant/TOKEN",
    "/tenant/token;v=1",
    "/tenant%2ftoken",
    "/tenant/%2e/token",
    "/tenant/%5ctoken",
  ]) {
    const { text } = await expectOk(await login(world, ANSWER, path));
    assert.match(text, /openclaw-secret-access-/, path);
    assert.ok(!text.includes(TOKEN) && !text.includes(REFRESH), path);
  }
});

test("a value that is no text is not handed on, and no part of an answer is asked for", async () => {
  await using world = open();
  for (const value of [12_345_678, { raw: TOKEN }, [TOKEN], true])
    assert.match(
      await refusalOf(await login(world, { access_token: value })),
      /the secret "access" in it is no text$/,
    );
  assert.equal((await expectOk(await login(world, { access_token: null }))).text, '{"access_token":null}');
  let range: string | undefined;
  handler = (request, response) => {
    range = request.headers.range;
    response.end(JSON.stringify(ANSWER));
  };
  const headers = [["Range", "bytes=16-50"]] as const;
  const { text } = await expectOk(
    await world.perform(get(server.url("login.localhost", "/tenant/token"), { headers })),
  );
  assert.equal(range, undefined);
  assert.ok(!text.includes(TOKEN));
});

/** Why the body broke off. */
async function refusalOf(reply: Awaited<ReturnType<typeof login>>): Promise<string> {
  return expectOk(reply).then(
    ({ text }) => assert.fail(`it was handed on: ${text}`),
    (error: Error) => error.message,
  );
}

test("the host signs with a secret that stays with it", async () => {
  await using world = open();
  const request = { kind: "secret.hmac", name: "sign", algorithm: "sha256" } as const;
  const { head } = await expectOk(await world.perform(request, { body: bytes("v0:", "body") }));
  assert.deepEqual(head, { digest: createHmac("sha256", "signing-secret").update("v0:body").digest("hex") });
  assert.equal(expectFailure(await world.perform({ kind: "secret.reveal", name: "sign" })).code, "denied");
});

test("a held secret is read by its plugin, and each reading is on record before it is done", async () => {
  await using world = open();
  const { head } = await expectOk(await world.perform({ kind: "secret.reveal", name: "noise" }));
  assert.deepEqual(head, { value: "held-secret" });
  const [first] = world.records;
  assert.equal(`${first?.kind} ${first?.target} ${first?.outcome}`, "secret.reveal noise not-done");
  world.sinkFails = true;
  assert.equal(expectFailure(await world.perform({ kind: "secret.reveal", name: "noise" })).code, "io");
  world.sinkFails = false;
});
