import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import type { Approval } from "#host/base/approval.ts";
import { HostError } from "#host/base/errors.ts";
import { createAlwaysAllowed } from "./always.ts";
import { createAsks } from "./asks.ts";
import { createDevices } from "./devices.ts";
import type { PairedDevice } from "#host/base/device.ts";
import { createGrantRecords, type GrantRecord } from "./grants.ts";
import { createPluginRecords, type PluginRecord } from "./plugins.ts";
import { temporaryStore, tickingClock } from "./temporary-store.fixture.ts";

test("a plugin's record is replaced whole and comes back as it was saved", async () => {
  await using store = await temporaryStore();
  const records = createPluginRecords(store.db);
  const dice: PluginRecord = {
    id: "dice",
    origin: "dropped",
    folder: "/plugins/dice",
    serving: {
      version: "1.0.0",
      manifest: { id: "dice", configSchema: { type: "object" } },
      fingerprint: "f",
      sourceHash: "s",
      bundleHash: "b",
      toolchain: "t",
      files: { "main.ts": "h" },
      description: null,
    },
    newest: null,
    pinned: { hash: "p", files: { "main.ts": "h" } },
    updatedAt: 5,
  };
  await records.save(dice);
  const bare: PluginRecord = { ...dice, serving: null, newest: dice.serving, pinned: null, updatedAt: 6 };
  await records.save({ ...dice, id: "read" });
  await records.save(bare);
  await store.reopen();
  assert.deepEqual(await createPluginRecords(store.db).list(), [bare, { ...dice, id: "read" }]);
  await createPluginRecords(store.db).remove("dice");
  assert.equal((await createPluginRecords(store.db).list()).length, 1);
});

test("each request of a plugin has an answer of its own", async () => {
  await using store = await temporaryStore();
  const grants = createGrantRecords(store.db);
  const first: GrantRecord = {
    pluginId: "dice",
    requestHash: "one",
    decision: "denied",
    permissions: { domains: ["example.org"] },
    decidedAt: 1,
  };
  const granted: GrantRecord = { ...first, decision: "granted", decidedAt: 2 };
  const second: GrantRecord = { ...first, requestHash: "two", decidedAt: 3 };
  const other: GrantRecord = { ...first, pluginId: "other" };
  for (const grant of [first, granted, second, other]) await grants.save(grant);
  assert.deepEqual(await grants.list(), [granted, second, other]);
  await grants.removeAll("dice");
  assert.deepEqual(await grants.list(), [other]);
});

function question(id: string, createdAt: number): Approval {
  return {
    id,
    kind: "effect",
    pluginId: "web_fetch",
    sessionKey: "agent:main:main",
    runId: "run",
    title: "Fetch example.org?",
    lines: ["GET https://example.org/"],
    decisions: ["allow-once", "deny"],
    subjectHash: "hash",
    createdAt,
    expiresAt: null,
  };
}

test("a question ends once", async () => {
  await using store = await temporaryStore();
  const asks = createAsks(store.db);
  await asks.insert(question("a", 2));
  await asks.insert(question("b", 1));
  assert.deepEqual(await asks.open(), [question("b", 1), question("a", 2)]);
  await asks.resolve("a", "allow-once", 3);
  await asks.resolve("a", "deny", 4);
  assert.equal(await asks.stateOf("a"), "allow-once");
  assert.equal(await asks.stateOf("b"), "open");
  assert.equal(await asks.stateOf("nobody"), null);
  assert.deepEqual(await asks.open(), [question("b", 1)]);
});

test("a question that a restart finds open is a no", async () => {
  await using store = await temporaryStore();
  await createAsks(store.db).insert(question("a", 1));
  await store.reopen();
  const asks = createAsks(store.db);
  await asks.expireAll(2);
  await asks.resolve("a", "allow-always", 3);
  assert.equal(await asks.stateOf("a"), "expired");
  assert.deepEqual(await asks.open(), []);
});

test("what was allowed for ever is known at once and after a restart", async () => {
  await using store = await temporaryStore();
  const always = createAlwaysAllowed(store.db, tickingClock());
  await always.rememberAlways("web_fetch", "host:example.org");
  await always.rememberAlways("web_fetch", "host:example.org");
  await always.rememberAlways("web_fetch", "host:example.net");
  assert.deepEqual([...always.always("web_fetch")], ["host:example.org", "host:example.net"]);
  assert.equal(always.always("read").size, 0);
  await store.reopen();
  const later = createAlwaysAllowed(store.db, tickingClock());
  assert.deepEqual([...later.always("web_fetch")].sort(), ["host:example.net", "host:example.org"]);
  await later.forgetAlways("web_fetch");
  assert.equal(later.always("web_fetch").size, 0);
  assert.equal(createAlwaysAllowed(store.db, tickingClock()).always("web_fetch").size, 0);
});

const phone: PairedDevice = {
  deviceId: "d1",
  publicKey: "key",
  clientId: "cli",
  platform: "linux",
  role: "operator",
  scopes: ["operator.read", "operator.write"],
  tokenHash: "t",
  createdAt: 1,
  lastSeenAt: 2,
};

test("devices are found, replaced and listed by when they were last seen", async () => {
  await using store = await temporaryStore();
  const devices = createDevices(store.db);
  assert.equal(await devices.find("d1"), null);
  await devices.save(phone);
  await devices.save({ ...phone, deviceId: "d2", lastSeenAt: 3 });
  await devices.save({ ...phone, tokenHash: "u" });
  assert.deepEqual(await devices.find("d1"), { ...phone, tokenHash: "u" });
  assert.deepEqual(
    (await devices.list()).map(({ deviceId }) => deviceId),
    ["d2", "d1"],
  );
});

test("a cookie is valid until its time is over or it is removed", async () => {
  await using store = await temporaryStore();
  const devices = createDevices(store.db);
  await devices.saveCookie("a", 100);
  await devices.saveCookie("b", 200);
  assert.equal(await devices.cookieIsValid("a", 99), true);
  assert.equal(await devices.cookieIsValid("a", 100), false);
  assert.equal(await devices.cookieIsValid("c", 1), false);
  assert.equal(await devices.dropExpiredCookies(150), 1);
  assert.equal(await devices.cookieIsValid("b", 150), true);
  assert.equal(await devices.removeCookie("b"), true);
  assert.equal(await devices.removeCookie("b"), false);
});

test("a row whose JSON was broken by hand is damage, with the row named", async () => {
  await using store = await temporaryStore();
  await createDevices(store.db).save(phone);
  store.db.run(sql`update devices set scopes = '["operator'`);
  await assert.rejects(createDevices(store.db).find("d1"), (error) => {
    assert.ok(error instanceof HostError);
    assert.equal(error.code, "store.damaged");
    assert.match(error.message, /device "d1"/);
    return true;
  });
});

test("a value that no column holds is refused instead of stored as NULL", async () => {
  await using store = await temporaryStore();
  for (const value of [new Date(), new ArrayBuffer(1), { a: 1 }]) {
    assert.throws(() => store.db.all(sql`select ${value}`), HostError);
  }
  assert.deepEqual(store.db.values(sql`select ${true}, ${"a\0b"}`), [[1, "a\uFFFDb"]]);
});
