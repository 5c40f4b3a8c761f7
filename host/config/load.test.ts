import assert from "node:assert/strict";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { nextChange, temporaryState } from "./temporary-state.fixture.ts";

const withPort = (port: number | string) => `{gateway: {port: ${port}, auth: {token: "t"}}}`;

test("the first start writes a file of its owner's alone, with a token, that the next start reads", async () => {
  await using state = await temporaryState();
  const first = state.config();
  assert.match(first.current().gateway.token, /^[\w-]{43}$/);
  assert.equal((await stat(state.paths.config)).mode & 0o777, 0o600);
  assert.match(await readFile(state.paths.config, "utf8"), /^\/\/ .*\n\{\n {2}gateway: \{\n {4}port: 18789,/);
  assert.deepEqual(state.config().current(), first.current());
  assert.equal(first.problem(), null);
});

test("a file without a token gets one that stays the same", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, "{}");
  const { token } = state.config().current().gateway;
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(state.config().current().gateway.token, token);
  assert.equal((await stat(state.paths.gatewayToken)).mode & 0o777, 0o600);
  assert.equal(await readFile(state.paths.config, "utf8"), "{}");
});

test("a saved change is used, whether the file is written or replaced", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, withPort(1));
  const config = state.config();
  const before = config.current();
  let change = nextChange(config);
  await writeFile(state.paths.config, withPort(2));
  await change;
  assert.equal(config.current().gateway.port, 2);
  assert.equal(before.gateway.port, 1);
  change = nextChange(config);
  await writeFile(`${state.paths.config}.swp`, withPort(3));
  await rename(`${state.paths.config}.swp`, state.paths.config);
  await change;
  assert.equal(config.current().gateway.port, 3);
});

test("a broken file is told and not used until it is mended", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, withPort(1));
  const config = state.config();
  let change = nextChange(config);
  await writeFile(state.paths.config, withPort('"two"'));
  await change;
  assert.equal(config.current().gateway.port, 1);
  assert.match(
    config.problem() ?? "",
    /^Wrong value for "gateway\.port" in openclaw\.json: "two" must be .*the last good configuration stays in use$/,
  );
  assert.ok(state.logged.some((line) => line.includes("gateway.port")));
  change = nextChange(config);
  await writeFile(state.paths.config, withPort(3));
  await change;
  assert.equal(config.problem(), null);
  assert.equal(config.current().gateway.port, 3);
});

test("a file that goes is a problem, and the configuration stays", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, withPort(1));
  const config = state.config();
  const change = nextChange(config);
  await rm(state.paths.config);
  await change;
  assert.match(config.problem() ?? "", /openclaw\.json": it is gone/);
  assert.equal(config.current().gateway.port, 1);
});

test("a start with a broken file uses the last good one, and says so", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, withPort(1));
  state.config().stop();
  assert.equal((await stat(state.paths.lastGoodConfig)).mode & 0o777, 0o600);
  await writeFile(state.paths.config, "{gateway: {prt: 2}}");
  const config = state.config();
  assert.equal(config.current().gateway.port, 1);
  assert.match(config.problem() ?? "", /Unknown key "gateway\.prt"/);
  const change = nextChange(config);
  await writeFile(state.paths.config, withPort(1));
  await change;
  assert.equal(config.problem(), null);
});

test("a start with a broken file and no good one before it fails", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, "{gateway: {prt: 2}}");
  assert.throws(
    () => state.config(),
    (error) => error instanceof HostError && error.code === "config.invalid",
  );
});

test("a wrong variable fails the start, good file or not", async () => {
  await using state = await temporaryState();
  state.config().stop();
  assert.throws(() => state.config({ OPENCLAW_GATEWAY_PORT: "x" }), /OPENCLAW_GATEWAY_PORT="x"/);
});

test("keys that are kept, not used are told", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.config, '{gateway: {auth: {token: "t"}, tls: {}}}');
  state.config();
  assert.ok(state.logged.some((line) => line.includes("kept, not used") && line.includes("gateway.tls")));
});

test("one listener's failure does not keep the change from the others", async () => {
  await using state = await temporaryState();
  const config = state.config();
  config.onChange(() => {
    throw new Error("mine");
  });
  const change = nextChange(config);
  await writeFile(state.paths.config, withPort(5));
  await change;
  assert.equal(config.current().gateway.port, 5);
});
