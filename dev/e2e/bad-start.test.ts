/** Starts that cannot work: each ends at once with one sentence, its fix, and a code of its own. */
import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { run, TOKEN, World } from "./processes.fixture.ts";

const world = new World();
after(() => world.close());

interface Expected {
  readonly code: number;
  /** Value, rule and fix. */
  readonly says: readonly RegExp[];
}

async function refuses(
  { code, says }: Expected,
  stateDir: string,
  env: Record<string, string> = {},
  uid?: number,
): Promise<void> {
  const started = performance.now();
  const ended = await run(stateDir, ["gateway"], env, uid);
  const last = ended.stderr.trimEnd().split("\n").at(-1) ?? "";
  assert.equal(ended.code, code, ended.stderr);
  for (const part of says) assert.match(last, part);
  assert.match(last, /^openclaw: /);
  assert.doesNotMatch(ended.stderr, /\n\s+at |SQLITE_|HostError/);
  assert.ok(!ended.stderr.includes(TOKEN));
  assert.doesNotMatch(ended.stdout, /#ticket=/);
  assert.ok(performance.now() - started < 5_000);
}

test("a port that another program holds", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const says = [new RegExp(`${port}`), /OPENCLAW_GATEWAY_PORT|gateway\.port|--port/];
  await refuses({ code: 69, says }, await world.folder(), { OPENCLAW_GATEWAY_PORT: String(port) });
  await new Promise((resolve) => server.close(resolve));
});

test("a state folder that this user may not write", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("only root can become another user");
  const folder = await world.folder();
  await chmod(folder, 0o755);
  const stateDir = join(folder, "state");
  const says = [/Cannot write ".*state"/, /may not write/, /OPENCLAW_STATE_DIR/];
  await refuses({ code: 73, says }, stateDir, {}, 65_534);
});

test("a state folder that is a file", async () => {
  const file = join(await world.folder(), "state");
  await writeFile(file, "");
  await refuses({ code: 73, says: [/Cannot write ".*state"/, /OPENCLAW_STATE_DIR/] }, file);
});

test("a state folder that another gateway uses", async () => {
  const stateDir = await world.folder();
  const other = await world.gateway({}, stateDir);
  await refuses({ code: 75, says: [new RegExp(`process ${other.pid}`), /Stop that gateway/] }, stateDir);
  assert.equal(await other.stop(), 0);
});

test("a database that another program holds", async () => {
  const stateDir = await world.folder();
  await (await world.gateway({}, stateDir)).stop();
  const file = join(stateDir, "agents", "main", "sessions", "openclaw.db");
  const other = new DatabaseSync(file);
  other.exec("pragma locking_mode = exclusive; begin exclusive");
  await refuses({ code: 75, says: [/openclaw\.db/, /\. [A-Z]/] }, stateDir);
  other.close();
});

test("a damaged database, which is kept as it is", async () => {
  const stateDir = await world.folder();
  const gateway = await world.gateway({}, stateDir);
  await gateway.stop();
  const file = join(stateDir, "agents", "main", "sessions", "openclaw.db");
  const damaged = Buffer.concat([Buffer.alloc(4096, "damage"), (await readFile(file)).subarray(4096)]);
  await writeFile(file, damaged);
  await refuses({ code: 74, says: [/openclaw\.db/, /\. [A-Z]/] }, stateDir);
  assert.deepEqual(await readFile(file), damaged);
});

test("an unknown key in the configuration and no earlier one that is good", async () => {
  const stateDir = await world.folder();
  await writeFile(join(stateDir, "openclaw.json"), "{ gateway: { prot: 18789 } }");
  await refuses({ code: 78, says: [/gateway\.prot/, /"(?:gateway\.)?port"/] }, stateDir);
});

test("a configuration that is not JSON5: line and column are named", async () => {
  const stateDir = await world.folder();
  await writeFile(join(stateDir, "openclaw.json"), "{\n  gateway: [\n}");
  await refuses({ code: 78, says: [/line 3/] }, stateDir);
});

for (const [name, value] of [
  ["OPENCLAW_GATEWAY_PORT", "eighty"],
  ["OPENCLAW_GATEWAY_PORT", "65536"],
  ["OLLAMA_HOST", "ftp://somewhere"],
  ["OPENCLAW_LOG_LEVEL", "loud"],
] as const) {
  test(`${name}=${value}`, async () => {
    const says = [new RegExp(`${name}="${value}"`), /must be/];
    await refuses({ code: 78, says }, await world.folder(), { [name]: value });
  });
}

test("a workspace that cannot be made", async () => {
  const stateDir = await world.folder();
  await writeFile(
    join(stateDir, "openclaw.json"),
    '{ agents: { defaults: { workspace: "/proc/no/workspace" } } }',
  );
  await refuses({ code: 73, says: [/\/proc\/no\/workspace/, /agents.*defaults.*workspace/] }, stateDir);
});
