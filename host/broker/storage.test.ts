import assert from "node:assert/strict";
import { test } from "node:test";
import type { StorageSetEffect } from "#host/base/effect.ts";
import { STORAGE } from "#host/base/limits.ts";
import { createPluginStorage } from "#host/store/plugin-storage.ts";
import { temporaryStore, tickingClock } from "#host/store/temporary-store.fixture.ts";
import {
  bytes,
  createWorld,
  expectFailure,
  expectOk,
  type World,
  type WorldOptions,
} from "./world.fixture.ts";

interface StoringWorld extends AsyncDisposable {
  readonly world: World;
}

async function storing(options: WorldOptions = {}): Promise<StoringWorld> {
  const store = await temporaryStore();
  const storage = createPluginStorage(store.db, tickingClock());
  const world = createWorld({ pluginFolder: "/plugins/fetcher", storage, ...options });
  return {
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function set(world: World, key: string, value: string | Uint8Array, plugin = "fetcher") {
  const request: StorageSetEffect = { kind: "storage.set", key, format: "json" };
  return world.perform(request, { body: bytes(value), identity: { plugin } });
}

function get(world: World, key: string, plugin = "fetcher") {
  return world.perform({ kind: "storage.get", key }, { identity: { plugin } });
}

test("a plugin without any right stores, reads, lists and deletes what is its own", async () => {
  await using made = await storing();
  const { world } = made;
  assert.deepEqual((await expectOk(await set(world, "a\0b", "[1]"))).head, {
    usedBytes: 3 + 3 + STORAGE.entryBytes,
    quotaBytes: STORAGE.quotaBytes,
  });
  assert.deepEqual(await expectOk(await get(world, "a\0b")), {
    head: { found: true, format: "json" },
    text: "[1]",
  });
  const listed = await expectOk(await world.perform({ kind: "storage.list", prefix: "" }));
  assert.deepEqual(listed.head, { keys: ["a\0b"], more: false });
  const gone = await world.perform({ kind: "storage.delete", key: "a\0b" });
  assert.deepEqual((await expectOk(gone)).head, { deleted: true });
  assert.deepEqual((await expectOk(await get(world, "a\0b"))).head, { found: false });
});

test("whose storage it is comes from the identity: another plugin finds nothing under the same key", async () => {
  await using made = await storing();
  const { world } = made;
  await expectOk(await set(world, "token", '"mine"'));
  assert.deepEqual((await expectOk(await get(world, "token", "nosy"))).head, { found: false });
  const removed = world.perform({ kind: "storage.delete", key: "token" }, { identity: { plugin: "nosy" } });
  assert.deepEqual((await expectOk(await removed)).head, { deleted: false });
  await expectOk(await set(world, "token", '"theirs"', "nosy"));
  assert.equal((await expectOk(await get(world, "token"))).text, '"mine"');
});

test("another session of the same plugin finds what the first one stored", async () => {
  await using made = await storing();
  const { world } = made;
  await expectOk(await set(world, "cursor", "7"));
  const other = await world.perform(
    { kind: "storage.get", key: "cursor" },
    { identity: { session: "agent:main:other" } },
  );
  assert.equal((await expectOk(other)).text, "7");
});

test("a plugin that is not there stores nothing, so that what was removed does not come back", async () => {
  await using made = await storing({ pluginFolder: null });
  assert.deepEqual(expectFailure(await set(made.world, "a", "1")), {
    code: "denied",
    message: 'Cannot store the value "a": "fetcher" is not there, or not any more',
    fix: "Install the plugin first",
  });
});

test("a key that is empty, too long or not well-formed is refused with its rule", async () => {
  await using made = await storing();
  const { world } = made;
  const reason = async (key: string) => expectFailure(await set(world, key, "1")).message;
  assert.match(await reason(""), /the key is empty/);
  assert.match(await reason("é".repeat(513)), /the key has 1026 bytes, the limit is 1024/);
  assert.match(await reason("a\ud800"), /not well-formed Unicode/);
  await expectOk(await set(world, "é".repeat(512), "1"));
  await expectOk(await set(world, "a\ufffd", "1"));
});

test("a value of exactly the limit is stored, one byte more is not and changes nothing", async () => {
  await using made = await storing();
  const { world } = made;
  const value = new Uint8Array(STORAGE.maxValueBytes).fill(49);
  await expectOk(await set(world, "big", value));
  const failure = expectFailure(await set(world, "big", Buffer.concat([value, value.subarray(0, 1)])));
  assert.deepEqual([failure.code, failure.fix], ["too-large", "Store it in parts, or in a file"]);
  assert.equal((await expectOk(await get(world, "big"))).text.length, STORAGE.maxValueBytes);
});

test("the quota is the manifest's number to the byte, and the refusal says what would fit it", async () => {
  const quota = 2 * STORAGE.entryBytes + 10;
  await using made = await storing({ rights: { limits: { storage: quota } } });
  const { world } = made;
  await expectOk(await set(world, "a", "1234"));
  const failure = expectFailure(await set(world, "b", "12345"));
  assert.equal(failure.code, "too-large");
  assert.match(failure.message, new RegExp(`would have ${quota + 1} bytes, its limit is ${quota}`));
  await expectOk(await set(world, "b", "1234"));
  await expectOk(await set(world, "b", "4321"));
});

test("a manifest gets no more room than any plugin may have", async () => {
  await using made = await storing({ rights: { limits: { storage: 1e15 } } });
  const { head } = await expectOk(await set(made.world, "a", "1"));
  assert.equal(head.quotaBytes, STORAGE.maxQuotaBytes);
});

test("a listing comes in answers that fit a frame, and together they are all keys", async () => {
  await using made = await storing();
  const { world } = made;
  const wanted = Array.from(
    { length: 300 },
    (_none, at) => `${String(at).padStart(3, "0")}${"\0".repeat(900)}`,
  );
  for (const key of wanted) await expectOk(await set(world, key, "1"));
  const found: string[] = [];
  for (let more = true; more;) {
    const after = found.at(-1);
    const request = { kind: "storage.list", prefix: "", ...(after === undefined ? {} : { after }) } as const;
    const { head } = await expectOk(await world.perform(request));
    assert.ok(JSON.stringify(head).length < 1_000_000);
    found.push(...(head.keys as string[]));
    more = head.more === true;
  }
  assert.deepEqual(found, wanted);
});

test("every effect on the storage is on record with its key, refused ones too", async () => {
  await using made = await storing();
  const { world } = made;
  await set(world, "a", "1");
  await set(world, "", "1");
  await set(world, "b", new Uint8Array(STORAGE.maxValueBytes + 1));
  await world.broker.close();
  assert.deepEqual(
    world.records.map(({ kind, target, decision, outcome }) => [kind, target, decision, outcome]),
    [
      ["storage.set", "a", "allowed", "done"],
      ["storage.set", "", "denied", "not-done"],
      ["storage.set", "b", "allowed", "failed"],
    ],
  );
});

test("a flood of writes leaves the host a turn between each two", async () => {
  await using made = await storing();
  let writes = 0;
  let most = 0;
  let seen = 0;
  const flood = Array.from({ length: 100 }, (_none, at) =>
    set(made.world, `k${at}`, "1").then(() => (writes += 1)),
  );
  for (; writes < flood.length; seen = writes) {
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, writes - seen);
  }
  await Promise.all(flood);
  assert.ok(most <= 2, `${most} writes in one turn`);
});

test("a write whose call has ended is not done any more", async () => {
  await using made = await storing();
  const { world } = made;
  const call = new AbortController();
  const request: StorageSetEffect = { kind: "storage.set", key: "late", format: "json" };
  async function* endsMeanwhile(): AsyncGenerator<Uint8Array, void, undefined> {
    yield new Uint8Array([49]);
    call.abort();
  }
  const reply = await world.perform(request, { body: endsMeanwhile(), signal: call.signal });
  assert.equal(expectFailure(reply).code, "aborted");
  assert.deepEqual((await expectOk(await get(world, "late"))).head, { found: false });
});

test("one account of a plugin neither reads, lists, changes nor deletes what another keeps", async () => {
  await using made = await storing();
  const { world } = made;
  const as = (account: string) => ({ identity: { session: `account:fetcher:${account}` } });
  const keep = (account: string, key: string, value: string) =>
    world.perform({ kind: "storage.set", key, format: "json" }, { body: bytes(value), ...as(account) });
  await expectOk(await keep("a", "offset", "1"));
  await expectOk(await keep("b", "offset", "2"));
  for (const key of ["../a/offset", "account/a/offset", "a/offset", "/offset"]) {
    const read = await world.perform({ kind: "storage.get", key }, as("b"));
    assert.equal((await expectOk(read)).head.found, false, key);
    const gone = await world.perform({ kind: "storage.delete", key }, as("b"));
    assert.equal((await expectOk(gone)).head.deleted, false, key);
  }
  const listed = await world.perform({ kind: "storage.list", prefix: "" }, as("b"));
  assert.deepEqual((await expectOk(listed)).head.keys, ["offset"]);
  const read = await world.perform({ kind: "storage.get", key: "offset" }, as("a"));
  assert.equal((await expectOk(read)).text, "1");
});
