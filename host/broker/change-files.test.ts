import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { BROKER } from "#host/base/limits.ts";
import { bytes, createWorld, expectFailure, expectOk, type World } from "./world.fixture.ts";

const ALL = { rights: { read: ["$WORKSPACE"], write: ["$WORKSPACE"] } };

const mkdir = (world: World, path: string) => world.perform({ kind: "file.mkdir", path });
const remove = (world: World, path: string, recursive = false) =>
  world.perform({ kind: "file.remove", path, recursive });
const rename = (world: World, path: string, to: string, replace = false) =>
  world.perform({ kind: "file.rename", path, to, replace });

test("a folder is made with those above it, and again without harm", async () => {
  await using world = createWorld(ALL);
  await expectOk(await mkdir(world, "a/b/c"));
  await expectOk(await mkdir(world, "a/b/c"));
  await expectOk(await mkdir(world, "."));
  assert.deepEqual(readdirSync(join(world.workspace, "a/b")), ["c"]);
  writeFileSync(join(world.workspace, "file"), "x");
  assert.match(expectFailure(await mkdir(world, "file")).message, /not a folder/);
});

test("files, empty folders and links themselves are deleted; a full folder only with all that is in it", async () => {
  await using world = createWorld(ALL);
  const at = (name: string) => join(world.workspace, name);
  const outside = join(world.folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "kept"), "kept");
  mkdirSync(at("d/e"), { recursive: true });
  for (const name of ["f", "d/g", "d/e/h"]) writeFileSync(at(name), "x");
  symlinkSync(outside, at("link"));
  symlinkSync(outside, at("d/link"));
  symlinkSync(join(outside, "kept"), at("d/e/link"));
  await expectOk(await remove(world, "f"));
  await expectOk(await remove(world, "link", true));
  const { code, message } = expectFailure(await remove(world, "d"));
  assert.deepEqual([code, message], ["invalid", 'Cannot delete "d": the folder is not empty']);
  await expectOk(await remove(world, "d", true));
  assert.equal(expectFailure(await remove(world, "d")).code, "not-found");
  await expectOk(await mkdir(world, "empty"));
  await expectOk(await remove(world, "empty"));
  assert.deepEqual(readdirSync(world.workspace), []);
  assert.deepEqual(readdirSync(outside), ["kept"]);
});

test("a file or folder is moved; what stands in the way is replaced only if it is a file and that was asked", async () => {
  await using world = createWorld(ALL);
  const at = (name: string) => join(world.workspace, name);
  mkdirSync(at("d"));
  mkdirSync(at("e"));
  writeFileSync(at("a"), "a");
  writeFileSync(at("b"), "b");
  assert.equal(expectFailure(await rename(world, "a", "b")).code, "exists");
  assert.equal(readFileSync(at("b"), "utf8"), "b");
  await expectOk(await rename(world, "a", "b", true));
  assert.equal(readFileSync(at("b"), "utf8"), "a");
  await expectOk(await rename(world, "b", "d/c"));
  await expectOk(await rename(world, "d", "e/d"));
  assert.equal(readFileSync(at("e/d/c"), "utf8"), "a");
  await expectOk(await mkdir(world, "x"));
  assert.equal(expectFailure(await rename(world, "x", "e", true)).code, "exists");
  assert.equal(
    expectFailure(await rename(world, "e", "e/d/in")).message,
    'Cannot move "e" to "e/d/in": a folder cannot come to lie in itself',
  );
  assert.equal(expectFailure(await rename(world, "none", "y")).code, "not-found");
  assert.equal(expectFailure(await rename(world, "x", "none/y")).code, "not-found");
});

test("no link on the way is followed, and none is moved", async () => {
  await using world = createWorld(ALL);
  const outside = join(world.folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "f"), "secret");
  symlinkSync(outside, join(world.workspace, "out"));
  writeFileSync(join(world.workspace, "own"), "own");
  const tries = [
    await mkdir(world, "out/made"),
    await remove(world, "out/f"),
    await remove(world, "out/f", true),
    await rename(world, "out/f", "stolen"),
    await rename(world, "own", "out/own"),
    await rename(world, "own", "out", true),
    await rename(world, "out", "moved"),
  ];
  for (const reply of tries) assert.match(expectFailure(reply).message, /link/);
  assert.deepEqual(readdirSync(outside), ["f"]);
  assert.deepEqual(readdirSync(world.workspace).sort(), ["out", "own"]);
});

test("nothing is changed that was not granted, however it is written", async () => {
  await using world = createWorld({ rights: { read: ["$WORKSPACE"], write: ["$WORKSPACE/mine"] } });
  mkdirSync(join(world.workspace, "mine"));
  mkdirSync(join(world.workspace, "other"));
  writeFileSync(join(world.workspace, "mine/a"), "a");
  writeFileSync(join(world.workspace, "other/b"), "b");
  const tries = [
    await mkdir(world, "other/made"),
    await remove(world, "other/b"),
    await remove(world, "other", true),
    await remove(world, "mine/../other/b"),
    await remove(world, join(world.workspace, "other/b")),
    await rename(world, "mine/a", "other/a"),
    await rename(world, "other/b", "mine/b"),
    await rename(world, "mine/a", "/tmp/a"),
  ];
  for (const reply of tries) assert.equal(expectFailure(reply).code, "denied");
  assert.deepEqual(readdirSync(join(world.workspace, "other")), ["b"]);
  assert.deepEqual(readdirSync(join(world.workspace, "mine")), ["a"]);
  await expectOk(await rename(world, "mine/a", "mine/c"));
});

test("the host's own stays, also within what is deleted or moved whole, and the roots stay where they are", async () => {
  const write = ["~", "$STATE", "$WORKSPACE"];
  await using world = createWorld({ rights: { read: write, write } });
  const at = (name: string) => join(world.state, name);
  for (const name of ["credentials", "agents/main/sessions", "plugins/dice", "own"]) {
    mkdirSync(at(name), { recursive: true });
  }
  writeFileSync(at("openclaw.json"), "{}");
  const stays = ["credentials", "agents", "agents/main", "agents/main/sessions", "plugins", "openclaw.json"];
  for (const name of stays) {
    assert.equal(expectFailure(await remove(world, `$STATE/${name}`, true)).code, "denied", name);
    assert.equal(expectFailure(await rename(world, `$STATE/${name}`, "$WORKSPACE/x")).code, "denied", name);
    assert.equal(expectFailure(await rename(world, "$STATE/own", `$STATE/${name}`)).code, "denied", name);
  }
  for (const root of [".", "$WORKSPACE", "$STATE", "~", "~/state", "~/STATE", "$STATE/workspace"]) {
    assert.equal(expectFailure(await remove(world, root, true)).code, "denied", root);
    assert.equal(expectFailure(await rename(world, root, "~/moved")).code, "denied", root);
    assert.equal(expectFailure(await rename(world, "$STATE/own", root, true)).code, "denied", root);
  }
  assert.ok(stays.every((name) => existsSync(at(name))));
  await expectOk(await remove(world, "$STATE/own", true));
});

test("what may be written and not read is not read by moving it", async () => {
  const rights = { read: ["$WORKSPACE/shown", "$WORKSPACE/deep/shown"], write: ["$WORKSPACE"] };
  await using world = createWorld({ rights });
  for (const name of ["shown", "hidden/shown", "later"]) {
    mkdirSync(join(world.workspace, name), { recursive: true });
  }
  writeFileSync(join(world.workspace, "hidden/f"), "secret");
  writeFileSync(join(world.workspace, "hidden/shown/f"), "secret");
  for (const [path, to] of [
    ["hidden/f", "shown/f"],
    ["hidden", "shown/hidden"],
    ["hidden", "deep"],
  ] as const) {
    assert.match(expectFailure(await rename(world, path, to)).message, /may not read it/, `${path} ${to}`);
  }
  await expectOk(await rename(world, "hidden/f", "later/f"));
  writeFileSync(join(world.workspace, "shown/own"), "own");
  await expectOk(await rename(world, "shown/own", "later/own"));
});

test("a change is on record before it is done, and not done if that fails", async () => {
  await using world = createWorld(ALL);
  writeFileSync(join(world.workspace, "a"), "a");
  world.sinkFails = true;
  for (const reply of [await mkdir(world, "d"), await remove(world, "a"), await rename(world, "a", "b")]) {
    assert.match(expectFailure(reply).message, /put on record first/);
  }
  assert.deepEqual(readdirSync(world.workspace), ["a"]);
  world.sinkFails = false;
  await expectOk(await rename(world, "a", "b"));
  const [first] = world.records.filter(({ kind }) => kind === "file.rename");
  assert.deepEqual([first?.target, first?.outcome], ["a → b", "not-done"]);
});

test("a folder with more than is deleted at once loses nothing", async () => {
  await using world = createWorld(ALL);
  const folder = join(world.workspace, "many");
  mkdirSync(join(folder, "a"), { recursive: true });
  for (let at = 0; at < BROKER.maxRemoveEntries; at += 1) writeFileSync(join(folder, "a", String(at)), "");
  assert.equal(expectFailure(await remove(world, "many", true)).code, "too-large");
  assert.equal(readdirSync(join(folder, "a")).length, BROKER.maxRemoveEntries);
  mkdirSync(join(world.workspace, Array.from({ length: 70 }, () => "d").join("/")), { recursive: true });
  assert.match(expectFailure(await remove(world, "d", true)).message, /deeper than 64 folders/);
  await expectOk(await remove(world, "d/d/d/d/d/d/d", true));
});

test("deleting a folder leaves the host free for others meanwhile, and ends with its call", async () => {
  await using world = createWorld(ALL);
  mkdirSync(join(world.workspace, "many"));
  for (let at = 0; at < 3_000; at += 1) writeFileSync(join(world.workspace, "many", String(at)), "");
  const controller = new AbortController();
  const removing = world.perform(
    { kind: "file.remove", path: "many", recursive: true },
    { signal: controller.signal, body: bytes() },
  );
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  assert.equal(expectFailure(await removing).code, "aborted");
  assert.ok(readdirSync(join(world.workspace, "many")).length > 0);
});

const SWAPPER = `
  const { renameSync, rmSync } = require("node:fs");
  const { workerData, parentPort } = require("node:worker_threads");
  const { good, bad, spare, stop } = workerData;
  const flag = new Int32Array(stop);
  parentPort.postMessage("swapping");
  let swaps = 0;
  const move = (from, to) => {
    for (let tries = 0; tries < 1000; tries += 1) {
      try { return renameSync(from, to) } catch {}
      try { rmSync(to, { recursive: true, force: true }) } catch {}
    }
  };
  while (Atomics.load(flag, 0) === 0) {
    move(good, spare); move(bad, good); move(good, bad); move(spare, good); swaps += 1;
  }
  parentPort.postMessage(swaps);
`;

test("nothing outside is deleted, made or moved while a hostile program swaps folders for links", async () => {
  await using world = createWorld(ALL);
  const outside = join(world.folder, "outside");
  const at = (name: string) => join(world.workspace, name);
  mkdirSync(join(outside, "sub"), { recursive: true });
  for (const name of ["f", "sub/f"]) writeFileSync(join(outside, name), "SECRET");
  mkdirSync(at("d"));
  symlinkSync(outside, at("bad"));
  const stop = new SharedArrayBuffer(4);
  const swapper = new Worker(SWAPPER, {
    eval: true,
    workerData: { good: at("d"), bad: at("bad"), spare: at("spare"), stop },
  });
  const message = () => new Promise<unknown>((resolve) => swapper.once("message", resolve));
  await message();
  const seen = new Map<string, number>();
  for (let round = 0; round < 600; round += 1) {
    const replies = [
      await mkdir(world, "d/sub"),
      await rename(world, "d/f", `took${round}`),
      await remove(world, "d/f"),
      await remove(world, "d/sub", true),
    ];
    for (const reply of replies) {
      const what = reply.ok ? "done" : reply.failure.code;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  }
  const last = message();
  Atomics.store(new Int32Array(stop), 0, 1);
  assert.ok(Number(await last) > 20, "the swapper swapped");
  await swapper.terminate();
  assert.deepEqual(readdirSync(outside).sort(), ["f", "sub"]);
  assert.deepEqual(readdirSync(join(outside, "sub")), ["f"]);
  const took = readdirSync(world.workspace).filter((name) => name.startsWith("took"));
  assert.deepEqual(took, []);
  assert.ok((seen.get("done") ?? 0) > 20, `the permitted changes work: ${JSON.stringify([...seen])}`);
  assert.ok((seen.get("denied") ?? 0) > 0, `the link was met: ${JSON.stringify([...seen])}`);
});

test("without a folder in the path, and with names that lead nowhere, an error is all there is", async () => {
  await using world = createWorld(ALL);
  writeFileSync(join(world.workspace, "f"), "x");
  renameSync(join(world.workspace, "f"), join(world.workspace, "g"));
  assert.equal(expectFailure(await remove(world, "f")).code, "not-found");
  assert.equal(expectFailure(await remove(world, "g/inside")).code, "denied");
  assert.equal(expectFailure(await remove(world, "a\u0000b")).code, "denied");
  assert.equal(expectFailure(await rename(world, "g", `${"x".repeat(300)}`)).code, "denied");
});
