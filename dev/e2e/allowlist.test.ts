/** The operator's allowlist from outside: the command line, a gateway, a plugin, and a real Squid between. */
import assert from "node:assert/strict";
import { chmod, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startSquid, squidAuthProgram, squidIsMissing } from "#host/broker/squid.fixture.ts";
import { makeCertificate, type Certificate } from "#host/broker/certificate.fixture.ts";
import { freePort } from "#host/broker/counterpart.fixture.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, startGateway, untilTool } from "../gateway-process.ts";
import { grantPlugin, pluginRow, withoutLabel, writePlugin } from "./plugins.fixture.ts";
import { eventually, readyz, run, World } from "./processes.fixture.ts";

const world = new World();
const SECRET = "a-secret-of-this-test";
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;

before(async () => void (model = await startOllamaCounterpart()));
after(async () => {
  await world.close();
  await model.close();
});

/** A built-in plugin with hosts of its own, which no list of these tests has. */
const plugins = { deny: ["web_search"] };

async function configured(network: object): Promise<string> {
  const stateDir = await world.folder();
  await writeFile(join(stateDir, "openclaw.json"), JSON.stringify({ network, plugins }));
  return stateDir;
}

/** Runs `openclaw allowlist …` and expects its exit code and what it says. */
async function says(
  stateDir: string,
  args: string,
  code: number,
  ...parts: readonly RegExp[]
): Promise<void> {
  const ended = await run(stateDir, ["allowlist", ...args.split(" ")]);
  const said = ended.stdout + ended.stderr;
  assert.equal(ended.code, code, said);
  for (const part of parts) assert.match(said, part);
}

test("without a configured list, show says so and how to get one", async () => {
  const stateDir = await world.folder();
  await says(stateDir, "show", 1, /"network\.allowlist" is not set\. Add "network": .*allowlist\.txt/);
});

test("the list is edited in place: comments stay, a link stays a link, nonsense changes nothing", async () => {
  const folder = await world.folder();
  const file = join(folder, "list.txt");
  await writeFile(file, "# mine\na.x.org\n");
  await symlink(file, join(folder, "link.txt"));
  const stateDir = await configured({ allowlist: join(folder, "link.txt") });
  await says(stateDir, "add new.org .x.org", 0, /added new\.org, \.x\.org/, /taken out: a\.x\.org/);
  assert.equal(await readFile(file, "utf8"), "# mine\nnew.org\n.x.org\n");
  assert.equal(await readlink(join(folder, "link.txt")), file);
  await says(stateDir, "add https://y.org/", 1, /not a Squid dstdomain\. Write "y\.org"/);
  await says(stateDir, "add b.x.org", 1, /"\.x\.org" on the allowlist covers it already/);
  await says(stateDir, "check b.x.org", 0, /let through by "\.x\.org"/);
  await says(stateDir, "check y.org", 1, /Run: openclaw allowlist add y\.org/);
  await says(stateDir, "remove new.org", 0, /removed new\.org/);
  await says(stateDir, "show", 0, /1 entry\n {2}\.x\.org\nNo plugin waits/);
  assert.equal(await readFile(file, "utf8"), "# mine\n.x.org\n");
});

test("a list that cannot be written is said to be so, and stays", async () => {
  const folder = await world.folder();
  const file = join(folder, "list.txt");
  await writeFile(file, "x.org\n");
  const stateDir = await configured({ allowlist: file });
  // Nothing holds root back from writing: then somebody else tries.
  const isRoot = process.getuid?.() === 0;
  await chmod(folder, 0o555);
  if (isRoot) await chmod(stateDir, 0o777);
  const ended = await run(stateDir, ["allowlist", "add", "y.org"], {}, isRoot ? 65_534 : undefined);
  await chmod(folder, 0o755);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /Cannot write ".*list\.txt": .*permission denied/i);
  assert.equal(await readFile(file, "utf8"), "x.org\n");
});

test("a grant outside the list is kept and waits; the command that it names ends the waiting", async () => {
  const list = join(await world.folder(), "list.txt");
  await writeFile(list, "other.org\n");
  const stateDir = await configured({ allowlist: list });
  const permissions = { domains: ["api.x.org:8443", ".y.org", "$config.server"] };
  await writePlugin(join(stateDir, "plugins", "caller"), "caller", "", { manifest: { permissions } });
  const config = {
    plugins: { ...plugins, entries: { caller: { config: { server: "https://z.org/path" } } } },
  };
  await writeFile(
    join(stateDir, "openclaw.json"),
    JSON.stringify({ network: { allowlist: list }, ...config }),
  );
  const gateway = await world.gateway({ OLLAMA_HOST: model.address }, stateDir);
  const client = await connect(gateway);
  await eventually(
    () => pluginRow(client, "caller"),
    (row) => row?.standing === "waiting",
  );
  await grantPlugin(client, "caller");
  const row = async () => (await pluginRow(client, "caller")) as unknown as { outsideAllowlist: string[] };
  assert.deepEqual((await row()).outsideAllowlist, ["api.x.org", ".y.org", "z.org"]);
  await says(
    stateDir,
    "check",
    1,
    /"caller" waits for Squid\. Run: openclaw allowlist add api\.x\.org \.y\.org z\.org/,
  );
  await says(stateDir, "add api.x.org .y.org z.org", 0);
  await says(stateDir, "check", 0, /No plugin waits/);
  assert.deepEqual((await row()).outsideAllowlist, []);
  client.close();
});

test("a grant and a list that Squid's files were not written with are told, until they are written again", async () => {
  const folder = await world.folder();
  const list = join(folder, "list.txt");
  await writeFile(list, ".x.org\n");
  const network = { allowlist: list, proxy: `http://openclaw:${SECRET}@127.0.0.1:3128` };
  const stateDir = await configured(network);
  const manifest = { permissions: { domains: ["api.x.org"] } };
  await writePlugin(join(stateDir, "plugins", "caller"), "caller", "", { manifest });
  const gateway = await world.gateway({ OLLAMA_HOST: model.address }, stateDir);
  const client = await connect(gateway);
  await eventually(
    () => pluginRow(client, "caller"),
    (row) => row?.standing === "waiting",
  );
  const behind = async () => (await readyz(gateway)).runtime.behindSquid;
  const unknown = /Squid does not know this yet\. Run: openclaw allowlist render/;
  // Nothing was ever written from here: that Squid may be somebody's own.
  assert.deepEqual(await behind(), []);
  await says(stateDir, `render --to ${folder}`, 0);
  assert.deepEqual(await behind(), []);
  assert.match((await run(stateDir, ["plugin", "grant", "caller", "--yes"])).stdout, unknown);
  await says(stateDir, "add y.org", 0);
  assert.deepEqual(await behind(), ["caller", "the allowlist"]);
  assert.match(
    (await run(stateDir, ["doctor"])).stdout,
    /Squid does not know caller, the allowlist as it is now/,
  );
  await says(stateDir, `render --to ${folder}`, 0);
  assert.deepEqual(await behind(), []);
  assert.doesNotMatch((await run(stateDir, ["plugin", "info", "caller"])).stdout, unknown);
  client.close();
});

interface Origin extends AsyncDisposable {
  readonly port: number;
  /** `path from address` of every request, and the names of headers that should not have come. */
  readonly seen: string[];
}

/** A web server that notes from which address each request came; with a certificate, it speaks TLS. */
async function listenAsOrigin(certificate?: Certificate): Promise<Origin> {
  const seen: string[] = [];
  const answer: RequestListener = (request, response) => {
    const leaks = Object.keys(request.headers).filter((name) => /^(?:proxy-|via|x-forwarded)/.test(name));
    seen.push([`${request.url} from ${request.socket.remoteAddress}`, ...leaks].join(" "));
    response.end("the origin");
  };
  const server = certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where Squid's own connections come from, so that the origin can tell them from any other. */
const SQUID_ADDRESS = "127.0.0.3";
/** Variables that lead programs to another proxy, or around every one. */
const TEMPTATIONS = {
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
  ALL_PROXY: "http://127.0.0.1:9",
  NO_PROXY: "*",
};

for (const runtime of ["bun", "node", "deno"] as const) {
  test(`on ${runtime}, nothing leaves but through the Squid that was set up by "allowlist render"`, async (t) => {
    if (squidIsMissing !== null) return t.skip(squidIsMissing);
    using certificate = makeCertificate("IP:127.0.0.1");
    await using origin = await listenAsOrigin();
    await using secure = await listenAsOrigin(certificate);
    const { stateDir, squidPort } = await prepare(origin.port, secure.port);
    const gateway = await startGateway({
      runtime,
      stateDir,
      env: {
        OLLAMA_HOST: model.address,
        ...TEMPTATIONS,
        NODE_EXTRA_CA_CERTS: certificate.authority,
        DENO_CERT: certificate.authority,
      },
    });
    t.after(() => gateway.kill());
    const client = await connect(gateway);
    await eventually(
      () => pluginRow(client, "caller"),
      (row) => row?.standing === "waiting",
    );
    await grantPlugin(client, "caller");
    await untilTool(client, "caller");
    const rendered = await world.folder();
    await chmod(rendered, 0o755);
    await says(
      stateDir,
      `render --to ${rendered} --auth ${squidAuthProgram}`,
      0,
      /Wrote squid\.conf and users/,
    );
    const written = await readFile(join(rendered, "squid.conf"), "utf8");
    await using squid = await startSquid(
      ({ accessLog }) => {
        const config = written.replace("/var/log/squid/access.log", accessLog);
        return `${config}\ntcp_outgoing_address ${SQUID_ADDRESS}`;
      },
      { port: squidPort, hosts: "127.0.0.1 nas.internal refused.internal\n" },
    );

    const results = async () => {
      await client.chat("[[tool:caller {}]]");
      const messages = model.requests.at(-1)?.body.messages as { content: string }[];
      return JSON.parse(withoutLabel(messages.at(-1)?.content)) as string[];
    };
    const [byName, byAddress, tunnel, unlisted] = await results();
    for (const result of [byName, byAddress, tunnel]) assert.equal(result, "200 the origin");
    assert.match(unlisted ?? "", /not on the operator's Squid allowlist/);
    assert.deepEqual(origin.seen, [`/name from ${SQUID_ADDRESS}`, `/address from ${SQUID_ADDRESS}`]);
    assert.deepEqual(secure.seen, [`/tunnel from ${SQUID_ADDRESS}`]);
    // A tunnel is put on record when it ends.
    assert.equal(squid.log().filter((line) => /plugin=caller method=GET/.test(line)).length, 2);

    await squid.kill();
    for (const result of (await results()).slice(0, 3)) assert.match(result, /nothing goes around it/);
    assert.equal(origin.seen.length + secure.seen.length, 3);
    client.close();
    await gateway.stop();
  });
}

/** A state folder with a plugin, a list and the address of a Squid that does not run yet. */
async function prepare(originPort: number, securePort: number) {
  const squidPort = await freePort();
  const list = join(await world.folder(), "list.txt");
  await writeFile(list, "nas.internal\n127.0.0.1\n");
  const proxy = `http://openclaw:${SECRET}@127.0.0.1:${squidPort}`;
  const stateDir = await configured({ allowlist: list, proxy });
  const urls = [
    `http://nas.internal:${originPort}/name`,
    `http://127.0.0.1:${originPort}/address`,
    `https://127.0.0.1:${securePort}/tunnel`,
    `http://refused.internal:${originPort}/refused`,
  ];
  const body = `const results = [];
    for (const url of ${JSON.stringify(urls)}) {
      try { const answer = await fetch(url); results.push(answer.status + " " + await answer.text()); }
      catch (error) { results.push(String(error?.message ?? error)); }
    }
    return JSON.stringify(results);`;
  const domains = ["nas.internal", "127.0.0.1", "refused.internal"].map((host) => `${host}:${originPort}`);
  const manifest = { permissions: { domains: [...domains, `127.0.0.1:${securePort}`] } };
  await writePlugin(join(stateDir, "plugins", "caller"), "caller", body, { manifest });
  return { stateDir, squidPort };
}
