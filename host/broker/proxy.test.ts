import assert from "node:assert/strict";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { makeCertificate } from "./certificate.fixture.ts";
import { freePort, listen, listenAsProxy } from "./counterpart.fixture.ts";
import { createWorld, expectFailure, expectOk, get, type WorldOptions } from "./world.fixture.ts";

/** With a proxy the host resolves nothing. */
const NO_LOOKUPS: WorldOptions = {
  rights: { domains: ["x.org", "y.org"] },
  resolve: () => Promise.reject(new Error("the host resolved a name")),
};

test("plain http goes to the proxy, with the plugin's id as its user", async () => {
  await using server = await listen((request, response) => response.end(JSON.stringify(request.headers)));
  await using proxy = await listenAsProxy(() => server.port);
  await using world = createWorld({ ...NO_LOOKUPS, proxy: proxy.url });
  const headers: [string, string][] = [["Proxy-Authorization", "Basic c3RyYW5nZXI6"]];
  const { text } = await expectOk(await world.perform(get("http://x.org/path", { headers })));
  assert.deepEqual(proxy.seen, ["fetcher x.org"]);
  assert.equal((JSON.parse(text) as Record<string, string>)["proxy-authorization"], undefined);
  await expectOk(await world.perform(get("http://x.org/path"), { identity: { plugin: "stranger" } }));
  assert.deepEqual(proxy.seen, ["fetcher x.org", "stranger x.org"]);
});

test("variables of the environment lead nothing around the proxy", async () => {
  await using server = await listen((_request, response) => response.end("by proxy"));
  await using proxy = await listenAsProxy(() => server.port);
  const before = { ...process.env };
  Object.assign(process.env, { NO_PROXY: "*", no_proxy: "*", HTTP_PROXY: "http://127.0.0.1:9" });
  try {
    await using world = createWorld({
      rights: { domains: [`127.0.0.1:${server.port}`] },
      proxy: proxy.url,
    });
    assert.equal((await expectOk(await world.perform(get(server.url("127.0.0.1"))))).text, "by proxy");
    assert.equal(proxy.seen.length, 1);
  } finally {
    process.env = before;
  }
});

test("https goes through a tunnel of the proxy, and its certificate is checked", async () => {
  await using secure = await listenSecurely();
  await using proxy = await listenAsProxy(() => secure.port);
  await using world = createWorld({ ...NO_LOOKUPS, proxy: proxy.url });
  const failure = expectFailure(await world.perform(get("https://x.org/")));
  assert.deepEqual(proxy.seen, ["fetcher x.org:443"]);
  assert.match(failure.message, /through the proxy.*certificate is not trusted/);
});

test("what the proxy refuses is denied, with the command that the operator needs", async () => {
  await using server = await listen((_request, response) => response.end());
  await using proxy = await listenAsProxy(() => server.port);
  await using world = createWorld({ ...NO_LOOKUPS, proxy: proxy.url });
  const fixes = { 403: /^Run: openclaw allowlist add x\.org$/, 407: /openclaw allowlist render/ };
  for (const refusal of [403, 407] as const) {
    proxy.refusal = refusal;
    for (const url of ["http://x.org/", "https://x.org/"]) {
      const failure = expectFailure(await world.perform(get(url)));
      assert.equal(failure.code, "denied", `${refusal} ${url}`);
      assert.match(failure.fix ?? "", fixes[refusal], `${refusal} ${url}`);
    }
  }
  assert.deepEqual(server.seen, []);
});

test("a page that says 403 by itself is not taken for the proxy's refusal", async () => {
  await using server = await listen((_request, response) => response.writeHead(403).end("mine"));
  await using proxy = await listenAsProxy(() => server.port);
  await using world = createWorld({ ...NO_LOOKUPS, proxy: proxy.url });
  const { head, text } = await expectOk(await world.perform(get("http://x.org/")));
  assert.deepEqual([head["status"], text], [403, "mine"]);
});

test("a dead proxy is an error, never a direct try", async () => {
  await using server = await listen((_request, response) => response.end("direct"));
  const port = await freePort();
  await using world = createWorld({
    rights: { domains: [`127.0.0.1:${server.port}`, "x.org"] },
    proxy: `http://127.0.0.1:${port}`,
  });
  for (const url of [server.url("127.0.0.1"), "https://x.org/", "http://x.org/"]) {
    const failure = expectFailure(await world.perform(get(url)));
    assert.match(
      failure.message,
      /through the proxy, and nothing goes around it: it refuses the connection/,
      url,
    );
  }
  assert.deepEqual(server.seen, []);
});

test("policy stands before the proxy: what is not granted does not get there", async () => {
  await using proxy = await listenAsProxy(() => 9);
  await using world = createWorld({ ...NO_LOOKUPS, proxy: proxy.url });
  for (const url of ["http://evil.org/", "http://127.0.0.1/", "https://x.org:8443/"]) {
    assert.equal(expectFailure(await world.perform(get(url))).code, "denied", url);
  }
  assert.deepEqual(proxy.seen, []);
});

/** A TLS server with a certificate that nobody trusts. */
async function listenSecurely() {
  const certificate = makeCertificate("DNS:x.org");
  const server = createTlsServer(certificate, (_request, response) => response.end("secure"));
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      certificate[Symbol.dispose]();
    },
  };
}
