import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
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
  for (const refusal of [403, 407] as const) {
    proxy.refusal = refusal;
    for (const url of ["http://x.org/", "https://x.org/"]) {
      const failure = expectFailure(await world.perform(get(url)));
      assert.deepEqual(
        [failure.code, failure.fix],
        ["denied", "Run: openclaw allowlist add x.org"],
        `${refusal} ${url}`,
      );
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

const SQUID = "/usr/sbin/squid";
const FAKE_AUTH = "/usr/lib/squid/basic_fake_auth";

test("a real Squid lets its list through, refuses the rest, and knows the plugin by name", async (t) => {
  if (!existsSync(SQUID) || !existsSync(FAKE_AUTH)) return t.skip("squid is not installed");
  await using server = await listen((_request, response) => response.end("through squid"));
  await using squid = await startSquid(server.port);
  const rights = { domains: ["listed.test", "unlisted.test"].map((host) => `${host}:${server.port}`) };
  await using world = createWorld({ ...NO_LOOKUPS, rights, proxy: squid.url });
  assert.equal((await expectOk(await world.perform(get(server.url("listed.test"))))).text, "through squid");
  const refused = expectFailure(await world.perform(get(server.url("unlisted.test"))));
  assert.deepEqual([refused.code, server.seen.length], ["denied", 1]);
  const tunnel = expectFailure(await world.perform(get(`https://unlisted.test:${server.port}/`)));
  assert.equal(tunnel.code, "denied");
  await squid.stop();
  assert.match(readFileSync(squid.log, "utf8"), /fetcher/);
  const dead = expectFailure(await world.perform(get(server.url("listed.test"))));
  assert.equal(dead.code, "network");
  assert.equal(server.seen.length, 1);
});

/** A TLS server with a certificate that nobody trusts. */
async function listenSecurely() {
  const folder = mkdtempSync(join(tmpdir(), "broker-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=x.org", "-addext", "subjectAltName=DNS:x.org"];
  const kind = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
  ];
  execFileSync("openssl", [...kind, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) =>
    response.end("secure"),
  );
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startSquid(originPort: number) {
  const folder = mkdtempSync(join(tmpdir(), "broker-squid-"));
  const at = (name: string) => join(folder, name);
  const port = await freePort();
  // Started as root, Squid becomes a user of its own, who must be able to write here.
  chmodSync(folder, 0o777);
  writeFileSync(at("hosts"), "127.0.0.1 listed.test unlisted.test\n");
  writeFileSync(at("allowlist.txt"), "# allowed\nlisted.test\n");
  const lines = [
    `http_port 127.0.0.1:${port}`,
    `hosts_file ${at("hosts")}`,
    `auth_param basic program ${FAKE_AUTH}`,
    "acl plugins proxy_auth REQUIRED",
    `acl allowed dstdomain -n "${at("allowlist.txt")}"`,
    `acl origin port ${originPort}`,
    "http_access allow plugins allowed origin",
    "http_access deny all",
    "cache deny all",
    "pid_filename none",
    `cache_log ${at("cache.log")}`,
    `access_log stdio:${at("access.log")}`,
    `coredump_dir ${folder}`,
    "shutdown_lifetime 0 seconds",
    "pinger_enable off",
    "netdb_filename none",
  ];
  writeFileSync(at("squid.conf"), `${lines.join("\n")}\n`);
  const squid = spawn(SQUID, ["-N", "-n", `edge${port}`, "-f", at("squid.conf")], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => squid.once("exit", () => resolve()));
  await untilListening(port, squid);
  const stop = async () => {
    squid.kill("SIGTERM"); // killed harder, it leaves its shared memory behind
    await ended;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    log: at("access.log"),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Squid tells nobody when it is ready: its port is tried until it answers, for at most ten seconds. */
async function untilListening(port: number, squid: { readonly exitCode: number | null }): Promise<void> {
  for (let tries = 0; tries < 200 && squid.exitCode === null; tries += 1) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false)).once("connect", () => socket.destroy());
    });
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Squid did not start");
}
