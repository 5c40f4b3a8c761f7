/** Secrets over HTTP, against a real server: where a value goes, and every way by which it must not come out. */
import assert from "node:assert/strict";
import type { IncomingMessage, RequestListener } from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { EffectRequest } from "#host/base/effect.ts";
import { listen, toLoopback, type Counterpart } from "#host/broker/counterpart.fixture.ts";
import { bytes, createWorld, expectFailure, expectOk, get, type World } from "#host/broker/world.fixture.ts";
import type { Secret } from "#manifests/secrets.ts";

const VALUE = 'K9/x+"7 äpfel-very-secret';
const SHOWN = encodeURIComponent(VALUE);
let server: Counterpart;
let api: string;
let handler: RequestListener;
/** Everything that reached the server, as it came. */
let arrived: { url: string; headers: IncomingMessage["headers"]; body: string }[];

before(async () => {
  server = await listen(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    arrived.push({
      url: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    handler(request, response);
  });
  api = `api.localhost:${server.port}`;
});
after(() => server[Symbol.asyncDispose]());

type Slot = Extract<Secret, { slot: unknown }>["slot"];
const HEADER: Slot = { in: "header", name: "X-Api-Key", format: "Key {}" };
const PATH: Slot = { in: "urlPath", pattern: "/bot{}/" };
const BODY: Slot = { in: "body", pointer: "/auth/secret" };

/** `value` is ASCII for headers: HTTP has no other. */
function open(slot: Slot, options: { value?: string; domains?: string[]; domain?: string } = {}): World {
  arrived = [];
  handler = (_request, response) => response.end("ok");
  const domain = options.domain ?? api;
  return createWorld({
    rights: {
      domains: options.domains ?? [domain, `other.localhost:${server.port}`],
      secrets: [{ name: "apiKey", slot, domain }],
    },
    secrets: { apiKey: options.value ?? VALUE },
    resolve: toLoopback,
  });
}

async function placeholder(world: World, name = "apiKey"): Promise<string> {
  const { head } = await expectOk(await world.perform({ kind: "secret.use", name }));
  return String(head["placeholder"]);
}

const post = (url: string, type = "application/json"): EffectRequest =>
  get(url, { method: "POST", hasBody: true, headers: [["content-type", type]] });

const url = (path = "/", host = "api.localhost") => server.url(host, path);
const ASCII = "plain-ascii-secret-0123456789";

test("a header that is the declared one in the declared format carries the value, and no other does", async () => {
  await using world = open(HEADER, { value: ASCII });
  const held = await placeholder(world);
  assert.match(held, /^openclaw-secret-apiKey-[\w-]{24}$/);
  const headers = [
    ["x-api-key", `Key ${held}`],
    ["x-other", `Key ${held}`],
    ["cookie", held],
    ["x-api-key", `Key ${held}`],
  ] as const;
  await expectOk(await world.perform(get(url(`/${held}?key=${held}`), { headers })));
  await expectOk(await world.perform(get(url(), { headers: [["x-api-key", `Bearer ${held}`]] })));
  await expectOk(await world.perform(get(url(), { headers: [["x-other", `Key ${held}`]] })));
  const [first, second, third] = arrived;
  assert.equal(first?.headers["x-api-key"], `Key ${ASCII}, Key ${held}`);
  assert.equal(first.headers["x-other"], `Key ${held}`);
  assert.equal(first.headers.cookie, held);
  assert.equal(first.url, `/${held}?key=${held}`);
  assert.equal(second?.headers["x-api-key"], `Bearer ${held}`);
  assert.equal(third?.headers["x-other"], `Key ${held}`);
});

test("a path carries the value where the pattern has it, encoded so that it leads nowhere else", async () => {
  await using world = open(PATH);
  const held = await placeholder(world);
  for (const path of [`/bot${held}/getMe?q=${held}`, `/file/bot${held}/x`, `/bot${held}x/`, `/bot${held}`])
    await expectOk(await world.perform(get(url(path))));
  assert.deepEqual(
    arrived.map((one) => one.url),
    [`/bot${SHOWN}/getMe?q=${held}`, `/file/bot${held}/x`, `/bot${held}x/`, `/bot${held}`],
  );
});

test("a JSON body and a form carry the value at the pointer, and the rest byte for byte", async () => {
  await using world = open(BODY);
  const held = await placeholder(world);
  const json = `{"text":"${held}", "n":12345678901234567890,"auth": {"secret":"${held}","again":"${held}"}}`;
  await expectOk(await world.perform(post(url()), { body: bytes(json.slice(0, 30), json.slice(30)) }));
  await expectOk(await world.perform(post(url(), "text/plain"), { body: bytes(json) }));
  const filled = json.replace(`"secret":"${held}"`, `"secret":${JSON.stringify(VALUE)}`);
  assert.deepEqual(
    arrived.map(({ body }) => body),
    [filled, json],
  );
  await using forms = open({ in: "body", pointer: "/client_secret" });
  const other = await placeholder(forms);
  const form = "application/x-www-form-urlencoded; charset=utf-8";
  await expectOk(
    await forms.perform(post(url(), form), { body: bytes(`a=1&client_secret=${other}&b=${other}`) }),
  );
  assert.equal(arrived[0]?.body, `a=1&client_secret=${SHOWN}&b=${other}`);
});

test("a body that is too large to look into is refused and not sent", async () => {
  await using world = open(BODY);
  const failure = expectFailure(
    await world.perform(post(url()), { body: bytes("x".repeat(1024 * 1024 + 1)) }),
  );
  assert.equal(failure.code, "too-large");
  assert.match(failure.message, /^Cannot send the body to "api\.localhost:\d+": it may hold a secret/);
  assert.deepEqual(arrived, []);
});

test("another domain gets the placeholder, also by a redirect", async () => {
  await using world = open(HEADER, { value: ASCII });
  const held = await placeholder(world);
  const headers = [["x-api-key", `Key ${held}`]] as const;
  await expectOk(await world.perform(get(url("/", "other.localhost"), { headers })));
  handler = (request, response) =>
    request.headers.host === api
      ? response
          .writeHead(307, {
            location: `${url("/next", "other.localhost")}?k=${request.headers["x-api-key"]}`,
          })
          .end()
      : response.end("ok");
  const { head } = await expectOk(await world.perform(get(url(), { headers })));
  assert.deepEqual(
    arrived.map((one) => one.headers["x-api-key"]),
    [`Key ${held}`, `Key ${ASCII}`, `Key ${held}`],
  );
  assert.equal(
    arrived.some((one) => one.url.includes(ASCII)),
    false,
  );
  assert.equal(JSON.stringify(head).includes(ASCII), false);
});

test("a host that the owner was asked for gets none, whatever the manifest says of the secret", async () => {
  await using world = open(HEADER, { value: ASCII, domains: ["ask"], domain: "api.example.org" });
  const held = await placeholder(world);
  const { secretsFor } = await import("#host/broker/decide-secret.ts");
  const rights = { secrets: [{ name: "apiKey", slot: HEADER, domain: "api.example.org" }], domains: ["ask"] };
  const facts = { plugin: "fetcher", config: {}, rights } as unknown as Parameters<typeof secretsFor>[0];
  const target = new URL("https://api.example.org/");
  assert.deepEqual(secretsFor(facts, target), []);
  const named = { ...facts, rights: { ...facts.rights, domains: ["ask", "api.example.org"] } };
  assert.equal(secretsFor(named, target).length, 1);
  assert.ok(held.length > 0);
});

test("nothing leaves over plain http to the internet", async () => {
  await using world = open(HEADER, { value: ASCII, domain: "api.example.org" });
  const held = await placeholder(world);
  const request = get("http://api.example.org/", { headers: [["x-api-key", `Key ${held}`]] });
  const failure = expectFailure(await world.perform(request));
  assert.equal(failure.code, "denied");
  assert.equal(
    failure.message,
    'Cannot send the secret "apiKey" to "api.example.org": http is not encrypted',
  );
});

test("a server that sends the value back is read with the placeholder in its place", async () => {
  await using world = open(PATH);
  const held = await placeholder(world);
  const spellings = [VALUE, JSON.stringify(VALUE), SHOWN, Buffer.from(VALUE).toString("base64")];
  const text = spellings.map((one) => `<${one}>`).join("\n");
  handler = (request, response) => {
    const body = request.url?.endsWith("gzip") ? gzipSync(text) : Buffer.from(text);
    response.writeHead(200, "OK", {
      "x-echo": SHOWN,
      "set-cookie": [`a=${SHOWN}`],
      ...(request.url?.endsWith("gzip") ? { "content-encoding": "gzip" } : {}),
    });
    // Byte by byte: every value is cut everywhere.
    for (const byte of body) response.write(Buffer.of(byte));
    response.end();
  };
  for (const path of ["plain", "gzip"]) {
    const { head, text: seen } = await expectOk(await world.perform(get(url(`/bot${held}/${path}`))));
    assert.equal(seen.replaceAll(held, "*"), '<*>\n<"*">\n<*>\n<*==>'.replace("==", padding(VALUE)));
    const shown = JSON.stringify(head);
    assert.equal(shown.includes(SHOWN), false);
    assert.ok(shown.includes(`a=${held}`));
  }
});

function padding(value: string): string {
  return Buffer.from(value).toString("base64").replace(/[^=]/g, "");
}

test("a plugin cannot ask for answers in a coding that nobody can look into", async () => {
  await using world = open(HEADER, { value: ASCII });
  await expectOk(await world.perform(get(url(), { headers: [["Accept-Encoding", "compress"]] })));
  assert.equal(arrived[0]?.headers["accept-encoding"], "gzip, deflate, br, zstd");
});

test("no record, log line, question or error holds the value", async () => {
  await using world = open(PATH);
  const held = await placeholder(world);
  handler = (_request, response) => response.destroy();
  const failure = expectFailure(await world.perform(get(url(`/bot${held}/x`), { method: "POST" })));
  handler = (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip");
  await assert.rejects(async () => expectOk(await world.perform(get(url(`/bot${held}/x`)))));
  await world.broker.close();
  assert.ok(arrived.some((one) => one.url.includes(SHOWN)));
  const all = JSON.stringify([failure, world.records, world.logged, world.asked]);
  assert.ok(world.records.length >= 4);
  for (const spelling of [VALUE, SHOWN, JSON.stringify(VALUE).slice(1, -1)])
    assert.ok(!all.includes(spelling));
});

test("a secret that is not set, not declared or declared otherwise is refused with what to do", async () => {
  await using world = createWorld({
    rights: {
      secrets: [
        { name: "unset", slot: HEADER, domain: api },
        { name: "sign", use: "hmac" },
      ],
    },
  });
  const refusal = async (request: EffectRequest) => {
    const { code, message, fix } = expectFailure(await world.perform(request));
    return `${code}: ${message}. ${fix}`;
  };
  assert.equal(
    await refusal({ kind: "secret.use", name: "unset" }),
    'not-found: Cannot use the secret "unset" of "fetcher": it is not set. Run: openclaw secret set fetcher unset',
  );
  assert.equal(
    await refusal({ kind: "secret.hmac", name: "nope", algorithm: "sha256" }),
    'denied: Cannot sign with the secret "nope": not declared in the manifest of "fetcher", or not granted. Add {"name":"nope","use":"hmac"} to "permissions": { "secrets": [ ] } in its openclaw.plugin.json and grant it',
  );
  assert.match(await refusal({ kind: "secret.reveal", name: "sign" }), /declares it with the use "hmac"/);
});
