/** The configuration that is written for Squid, in a real Squid, with the broker in front of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "./counterpart.fixture.ts";
import { squidCredentials } from "./squid-users.ts";
import { askRaw, lineOf, origin, render, SECRET, start, worldBehind } from "./squid-world.fixture.ts";
import { squidIsMissing } from "./squid.fixture.ts";
import { expectFailure, expectOk, get } from "./world.fixture.ts";

test("each plugin gets its own hosts and ports, as far as the operator lists them, and each answer is on record", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  await using server = await origin((request, response) => response.end(JSON.stringify(request.headers)));
  const { port } = server;
  const domains = [`a.test:${port}`, `b.test:${port}`, `sub.a.test:${port}`];
  await using squid = await start({
    allowlist: [".a.test"],
    plugins: [
      { id: "alpha", domains: [`a.test:${port}`, `b.test:${port}`] },
      { id: "beta", domains: [`.a.test:${port}`] },
      { id: "idle", domains: [] },
    ],
  });
  await using world = worldBehind(squid, domains);
  const as = (plugin: string, host: string) =>
    world.perform(get(`http://${host}:${port}/${plugin}?q=1`), { identity: { plugin } });

  const { text } = await expectOk(await as("alpha", "a.test"));
  const headers = Object.keys(JSON.parse(text) as object);
  for (const name of ["via", "x-forwarded-for", "proxy-authorization"])
    assert.ok(!headers.includes(name), name);
  await expectOk(await as("beta", "sub.a.test"));
  // [plugin, host]: not listed, not its own, nothing granted, unknown to Squid
  const refused = [
    ["alpha", "b.test"],
    ["alpha", "sub.a.test"],
    ["idle", "a.test"],
    ["stranger", "a.test"],
  ] as const;
  for (const [plugin, host] of refused)
    assert.equal(expectFailure(await as(plugin, host)).code, "denied", `${plugin} ${host}`);
  assert.equal(server.seen.length, 2);

  assert.match(
    lineOf(squid, `http://a.test:${port}/alpha?q=1`),
    /plugin=alpha method=GET .* status=200 .* to=127\.0\.0\.2/,
  );
  assert.match(lineOf(squid, `http://b.test:${port}/alpha`), /plugin=alpha .* status=403 result=TCP_DENIED/);
  assert.match(lineOf(squid, `http://a.test:${port}/idle`), /plugin=idle .* status=403 /);
  assert.match(lineOf(squid, `http://a.test:${port}/stranger`), /status=407 /);
});

test("a plugin cannot speak as another one, nor with the secret itself", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  await using server = await origin((_request, response) => response.end("in"));
  const plugins = ["alpha", "beta"].map((id) => ({ id, domains: [`a.test:${server.port}`] }));
  await using squid = await start({ allowlist: ["a.test"], plugins });
  const statusWith = async (user: string, password: string) => {
    const token = Buffer.from(`${user}:${password}`).toString("base64");
    return (await askRaw(squid, `GET ${server.url("a.test")} HTTP/1.1`, token)).status;
  };
  const { password } = squidCredentials(squid.url, "alpha");
  assert.equal(await statusWith("alpha", password), 200);
  for (const [user, wrong] of [
    ["beta", password],
    ["alpha", SECRET],
    ["Alpha", password],
    ["alpha", ""],
  ] as const)
    assert.equal(await statusWith(user, wrong), 407, `${user} ${wrong}`);
});

test("a plugin that asks its owner reaches what the operator lists, on the web's ports alone", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  const port = await freePort();
  await using squid = await start({ allowlist: ["a.test"], plugins: [{ id: "fetcher", domains: ["ask"] }] });
  const { user, password } = squidCredentials(squid.url, "fetcher");
  const token = Buffer.from(`${user}:${password}`).toString("base64");
  const status = async (line: string) => (await askRaw(squid, `${line} HTTP/1.1`, token)).status;
  // 503: Squid let it through, and nobody listens there.
  assert.equal(await status("GET http://a.test/"), 503);
  assert.equal(await status("CONNECT a.test:443"), 503);
  const refused = [
    "CONNECT a.test:80",
    `CONNECT a.test:${port}`,
    `GET http://a.test:${port}/`,
    "GET http://b.test/",
  ];
  const otherwise = ["GET ftp://a.test/", "GET https://a.test/", "GET cache_object://a.test/info"];
  for (const line of [...refused, ...otherwise]) assert.ok([400, 403].includes(await status(line)), line);
});

test("a proxy that is killed in the middle of an answer is an error, and nothing goes direct then", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  await using server = await origin((_request, response) => void response.write("the first half"));
  const domains = [`a.test:${server.port}`, `127.0.0.2:${server.port}`];
  await using squid = await start({
    allowlist: ["a.test", "127.0.0.2"],
    plugins: [{ id: "fetcher", domains }],
  });
  await using world = worldBehind(squid, domains);
  const reply = await world.perform(get(server.url("a.test")));
  assert.ok(reply.ok && reply.body !== null);
  const body = reply.body[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await body.next()).value as Uint8Array).toString(), "the first half");
  const rest = assert.rejects(async () => body.next(), /cut|broke off/);
  await squid.kill();
  await rest;
  for (const host of ["a.test", "127.0.0.2"])
    assert.match(expectFailure(await world.perform(get(server.url(host)))).message, /nothing goes around it/);
  assert.equal(server.seen.length, 1);
});

test("a plugin's bytes are bounded by rate, and do not count as another one's", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  const size = 192 << 10;
  await using server = await origin((request, response) =>
    response.end(Buffer.alloc(request.url === "/large" ? size : size / 4)),
  );
  const plugins = ["greedy", "modest"].map((id) => ({ id, domains: [`a.test:${server.port}`] }));
  const limits = { bytesPerSecond: 64 << 10, burstBytes: 64 << 10 };
  await using squid = await start({ allowlist: ["a.test"], plugins, limits });
  await using world = worldBehind(squid, [`a.test:${server.port}`]);
  const ends: string[] = [];
  const load = async (plugin: string, path: string) => {
    await expectOk(await world.perform(get(server.url("a.test", path)), { identity: { plugin } }));
    ends.push(plugin);
  };
  const started = performance.now();
  const greedy = load("greedy", "/large");
  await load("modest", "/small");
  await greedy;
  const ms = performance.now() - started;
  assert.ok(ms > 1_000, `192 KiB at 64 KiB a second took ${ms} ms`);
  assert.deepEqual(ends, ["modest", "greedy"]);
});

test("connections past the bound are refused, and those that were there go on", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  let finish = () => {};
  await using server = await origin((_request, response) => {
    response.write("half, ");
    finish = () => response.end("whole");
  });
  const domains = [`a.test:${server.port}`];
  const plugins = ["first", "second"].map((id) => ({ id, domains }));
  await using squid = await start({ allowlist: ["a.test"], plugins, limits: { connections: 1 } });
  await using world = worldBehind(squid, domains);
  const request = (plugin: string) => world.perform(get(server.url("a.test")), { identity: { plugin } });
  const first = await request("first");
  assert.equal(expectFailure(await request("second")).code, "denied");
  finish();
  assert.equal((await expectOk(first)).text, "half, whole");
});

test("the same settings give the same text, in whatever order the plugins come", () => {
  const place = { port: 3128, folder: "/f", accessLog: "/log" };
  const plugins = [
    { id: "b", domains: ["b.org"] },
    { id: "a", domains: ["a.org", ".a.org", "x.a.org"] },
  ];
  const text = render(place, "/users", { plugins, allowlist: [".org", "a.org"] });
  assert.equal(render(place, "/users", { plugins: plugins.toReversed(), allowlist: [".org"] }), text);
  // Squid would end with an error over .a.org beside a.org.
  assert.deepEqual(text.match(/^acl p1_web .*$/gm), ["acl p1_web dstdomain -n .a.org"]);
});
