import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { EffectReply, FileWriteEffect } from "#host/base/effect.ts";
import { openFolder } from "./held-folder.ts";
import { readFile } from "./read-files.ts";
import { bytes, createWorld, expectFailure, expectOk, textOf, type World } from "./world.fixture.ts";

const ALL = { rights: { read: ["$WORKSPACE"], write: ["$WORKSPACE"] } };

function write(world: World, path: string, text: string, mode: FileWriteEffect["mode"] = "replace") {
  return world.perform({ kind: "file.write", path, mode }, { body: bytes(text) });
}

function read(world: World, path: string, range: { offset?: number; length?: number } = {}) {
  return world.perform({ kind: "file.read", path, ...range });
}

test("what was written is read back, whole or in part", async () => {
  await using world = createWorld(ALL);
  assert.deepEqual((await expectOk(await write(world, "notes/deep/a.txt", "hello world"))).head, {
    size: 11,
  });
  assert.deepEqual(await expectOk(await read(world, "notes/deep/a.txt")), {
    head: { size: 11 },
    text: "hello world",
  });
  const part = await expectOk(await read(world, "notes/deep/a.txt", { offset: 6, length: 3 }));
  assert.deepEqual(part, { head: { size: 3 }, text: "wor" });
  const past = await expectOk(await read(world, "notes/deep/a.txt", { offset: 99 }));
  assert.deepEqual(past, { head: { size: 0 }, text: "" });
});

test("a large file streams in chunks", async () => {
  await using world = createWorld(ALL);
  writeFileSync(join(world.workspace, "big"), Buffer.alloc(1_000_000, 7));
  const reply = await read(world, "big");
  assert.ok(reply.ok && reply.body !== null);
  const sizes: number[] = [];
  for await (const chunk of reply.body) sizes.push(chunk.length);
  assert.equal(
    sizes.reduce((sum, size) => sum + size),
    1_000_000,
  );
  assert.ok(Math.max(...sizes) <= 65_536);
});

test("create never overwrites, append adds, replace keeps the file's mode", async () => {
  await using world = createWorld(ALL);
  await expectOk(await write(world, "a", "one", "create"));
  assert.equal(expectFailure(await write(world, "a", "two", "create")).code, "exists");
  assert.deepEqual((await expectOk(await write(world, "a", "+two", "append"))).head, { size: 7 });
  chmodSync(join(world.workspace, "a"), 0o640);
  await expectOk(await write(world, "a", "three"));
  assert.equal(readFileSync(join(world.workspace, "a"), "utf8"), "three");
  assert.equal(statSync(join(world.workspace, "a")).mode & 0o777, 0o640);
});

test("a write that breaks leaves the old file and nothing beside it", async () => {
  await using world = createWorld(ALL);
  await expectOk(await write(world, "a", "old"));
  async function* broken() {
    yield* bytes("half");
    throw new Error("the plugin died");
  }
  const effects = [
    ["a", "replace"],
    ["new", "create"],
  ] as const;
  for (const [path, mode] of effects) {
    expectFailure(await world.perform({ kind: "file.write", path, mode }, { body: broken() }));
  }
  assert.equal(readFileSync(join(world.workspace, "a"), "utf8"), "old");
  assert.deepEqual(readdirSync(world.workspace), ["a"]);
});

test("a write ends with its call, even while the plugin is silent", async () => {
  await using world = createWorld(ALL);
  const controller = new AbortController();
  async function* silent() {
    yield* bytes("half");
    controller.abort();
    await new Promise(() => undefined);
  }
  const reply = await world.perform(
    { kind: "file.write", path: "a", mode: "create" },
    { body: silent(), signal: controller.signal },
  );
  assert.equal(expectFailure(reply).code, "aborted");
  assert.deepEqual(readdirSync(world.workspace), []);
});

test("a file past its cap is neither written nor read", async () => {
  await using world = createWorld({ ...ALL, limits: { maxFileBytes: 10 } });
  assert.equal(expectFailure(await write(world, "a", "12345678901")).code, "too-large");
  writeFileSync(join(world.workspace, "b"), "12345678901");
  assert.equal(expectFailure(await read(world, "b")).code, "too-large");
  assert.equal((await expectOk(await read(world, "b", { length: 10 }))).text, "1234567890");
  assert.equal(expectFailure(await write(world, "b", "x", "append")).code, "too-large");
});

test("the manifest's own limit is lower than the host's", async () => {
  await using world = createWorld({ rights: { ...ALL.rights, limits: { bytes: 3 } } });
  assert.equal(expectFailure(await write(world, "a", "1234")).code, "too-large");
});

test("stat and list tell type, size and time, and no link is followed", async () => {
  await using world = createWorld(ALL);
  mkdirSync(join(world.workspace, "d"));
  writeFileSync(join(world.workspace, "d/f"), "12");
  symlinkSync("/etc/passwd", join(world.workspace, "d/l"));
  const { head } = await expectOk(await world.perform({ kind: "file.stat", path: "d/f" }));
  assert.deepEqual([head["type"], head["size"]], ["file", 2]);
  assert.ok(Math.abs(Number(head["modifiedAt"]) - Date.now()) < 60_000);
  const link = await expectOk(await world.perform({ kind: "file.stat", path: "d/l" }));
  assert.equal(link.head["type"], "other");
  const root = await expectOk(await world.perform({ kind: "file.stat", path: "." }));
  assert.equal(root.head["type"], "directory");
  const listed = await expectOk(await world.perform({ kind: "file.list", path: "d" }));
  const entries = listed.head["entries"] as { name: string; type: string; size: number }[];
  assert.deepEqual(
    entries.map(({ name, type }) => [name, type]),
    [
      ["f", "file"],
      ["l", "other"],
    ],
  );
  assert.equal(entries[0]?.size, 2);
});

test("a listing hides the host's own and what is half written, and is bounded", async () => {
  await using world = createWorld({ rights: { read: ["$STATE"] }, limits: { maxListEntries: 3 } });
  for (const name of ["openclaw.json", ".openclaw-8f14e45f-ceea-467f-9575-8f14e45fceea.part", "a", "b"]) {
    writeFileSync(join(world.state, name), "");
  }
  mkdirSync(join(world.state, "credentials"));
  const listed = await expectOk(await world.perform({ kind: "file.list", path: "$STATE" }));
  const names = (listed.head["entries"] as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ["a", "b", "workspace"]);
  writeFileSync(join(world.state, "c"), "");
  const failure = expectFailure(await world.perform({ kind: "file.list", path: "$STATE" }));
  assert.match(failure.message, /more than 3 entries/);
});

test("links, FIFOs and devices are refused, on the way and at the end", async () => {
  await using world = createWorld(ALL);
  const at = (name: string) => join(world.workspace, name);
  writeFileSync(join(world.folder, "secret"), "secret");
  symlinkSync(join(world.folder, "secret"), at("file"));
  symlinkSync(world.folder, at("folder"));
  symlinkSync("/dev/zero", at("device"));
  execFileSync("mkfifo", [at("fifo")]);
  mkdirSync(at("d"));
  const replies: [string, EffectReply, RegExp][] = [
    ["file", await read(world, "file"), /links are not followed/],
    ["folder", await read(world, "folder/secret"), /a link/],
    ["folder", await world.perform({ kind: "file.list", path: "folder" }), /a link/],
    ["folder", await write(world, "folder/x", "x"), /a link/],
    ["file", await write(world, "file", "x", "append"), /links are not followed/],
    ["file", await write(world, "file", "x", "replace"), /links are not followed/],
    ["device", await read(world, "device"), /links are not followed/],
    ["fifo", await read(world, "fifo"), /neither a file nor a folder/],
    ["fifo", await write(world, "fifo", "x", "append"), /neither a file nor a folder/],
    ["d", await read(world, "d"), /it is a folder/],
    ["d", await write(world, "d", "x"), /it is a folder/],
    ["none", await read(world, "none"), /"none": it does not exist/],
  ];
  for (const [name, reply, rule] of replies) assert.match(expectFailure(reply).message, rule, name);
  assert.equal(readFileSync(join(world.folder, "secret"), "utf8"), "secret");
  assert.ok(!existsSync(join(world.folder, "x")));
});

test("a failure names the path as the plugin wrote it and no path of the host", async () => {
  await using world = createWorld(ALL);
  for (const path of ["none/a", "~/x", "$STATE/credentials", "a\u0000b"]) {
    const { message, fix = "" } = expectFailure(await read(world, path));
    assert.ok(!(message + fix).includes(world.folder), message);
  }
});

test("a state folder reached through a link guards what is its own all the same", async () => {
  await using world = createWorld();
  const linked = join(world.folder, "linked");
  symlinkSync(world.state, linked);
  writeFileSync(join(world.state, "openclaw.json"), "{}");
  const roots = () => ({ state: linked, workspace: join(linked, "workspace"), home: world.folder });
  await using other = createWorld({ rights: { read: ["~", "$STATE"] }, roots });
  for (const path of ["~/state/openclaw.json", "$STATE/openclaw.json", "~/linked/openclaw.json"]) {
    assert.equal(expectFailure(await read(other, path)).code, "denied", path);
  }
});

test("a reader that stops early, or never starts, lets the file go", async (t) => {
  if (!existsSync("/proc/self/fd")) return t.skip("open files are counted through /proc");
  await using world = createWorld(ALL);
  writeFileSync(join(world.workspace, "a"), Buffer.alloc(300_000));
  const controller = new AbortController();
  const openFiles = () => readdirSync("/proc/self/fd").length;
  await expectOk(await read(world, "a"));
  const before = openFiles();
  for (let round = 0; round < 20; round += 1) {
    const stopped = await read(world, "a");
    assert.ok(stopped.ok && stopped.body !== null);
    for await (const _chunk of stopped.body) break;
    await world.perform({ kind: "file.read", path: "a" }, { signal: controller.signal });
  }
  assert.ok(openFiles() >= before + 20);
  controller.abort();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(openFiles() <= before + 1, `${openFiles()} files are open, ${before} were`);
});

const SWAPPER = `
  const { renameSync, rmSync } = require("node:fs");
  const { workerData, parentPort } = require("node:worker_threads");
  const { good, bad, spare, stop } = workerData;
  const flag = new Int32Array(stop);
  parentPort.postMessage("swapping");
  let swaps = 0;
  // A write may have made a folder of that name in the moment when there was none.
  const move = (from, to) => {
    for (;;) {
      try { return renameSync(from, to) } catch {}
      try { rmSync(to, { recursive: true, force: true }) } catch {}
    }
  };
  while (Atomics.load(flag, 0) === 0) {
    move(good, spare); move(bad, good); move(good, bad); move(spare, good); swaps += 1;
  }
  parentPort.postMessage(swaps);
`;

test("no read or write escapes while a hostile program swaps the folder for a link", async () => {
  await using world = createWorld(ALL);
  const outside = join(world.folder, "outside");
  const at = (name: string) => join(world.workspace, name);
  mkdirSync(outside);
  mkdirSync(at("d"));
  writeFileSync(join(outside, "f"), "SECRET");
  writeFileSync(at("d/f"), "mine");
  symlinkSync(outside, at("bad"));
  const stop = new SharedArrayBuffer(4);
  const swapper = new Worker(SWAPPER, {
    eval: true,
    workerData: { good: at("d"), bad: at("bad"), spare: at("spare"), stop },
  });
  const message = () => new Promise<unknown>((resolve) => swapper.once("message", resolve));
  await message();
  const seen = new Map<string, number>();
  for (let round = 0; round < 4_000; round += 1) {
    const reply = round % 8 === 0 ? await write(world, "d/g", "mine") : await read(world, "d/f");
    const what = reply.ok ? (await textOf(reply.body)) || "written" : reply.failure.code;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  const last = message();
  Atomics.store(new Int32Array(stop), 0, 1);
  assert.ok(Number(await last) > 100, "the swapper swapped");
  await swapper.terminate();
  assert.equal(seen.get("SECRET"), undefined);
  assert.deepEqual(readdirSync(outside), ["f"]);
  assert.ok((seen.get("mine") ?? 0) > 100, `the permitted reads work: ${JSON.stringify([...seen])}`);
  assert.ok((seen.get("denied") ?? 0) > 0, `the link was met: ${JSON.stringify([...seen])}`);
});

test("a listing that would not fit into a frame is refused", async () => {
  await using world = createWorld(ALL);
  mkdirSync(join(world.workspace, "d"));
  // A command may make such names: a control character takes six bytes in JSON.
  const name = (at: number) => join(world.workspace, "d", `${at}`.padEnd(250, "\u0001"));
  for (let at = 0; at < 300; at += 1) writeFileSync(name(at), "");
  const list = () => world.perform({ kind: "file.list", path: "d" });
  assert.ok((await list()).ok);
  for (let at = 300; at < 800; at += 1) writeFileSync(name(at), "");
  assert.equal(expectFailure(await list()).code, "too-large");
});

test("a root in whose place, or above which, somebody put a link opens nothing", async () => {
  await using world = createWorld(ALL);
  writeFileSync(join(world.workspace, "f"), "mine");
  assert.equal((await expectOk(await read(world, "f"))).text, "mine");
  mkdirSync(join(world.state, "credentials"));
  writeFileSync(join(world.state, "credentials/key"), "canary");
  renameSync(world.workspace, join(world.folder, "moved"));
  symlinkSync(join(world.state, "credentials"), world.workspace);
  assert.equal(expectFailure(await read(world, "key")).code, "denied");
  assert.equal(expectFailure(await write(world, "key", "x")).code, "denied");
  assert.equal(expectFailure(await world.perform({ kind: "file.list", path: "." })).code, "denied");
  rmSync(world.workspace);
  renameSync(join(world.folder, "moved"), world.workspace);
  renameSync(world.state, join(world.folder, "other"));
  symlinkSync(join(world.folder, "other"), world.state);
  assert.equal(expectFailure(await read(world, "f")).code, "denied");
});

test("without /proc a folder that was swapped while it was opened is noticed", async () => {
  await using world = createWorld();
  const at = (name: string) => join(world.workspace, name);
  mkdirSync(at("d"));
  writeFileSync(at("d/f"), "mine");
  const pass = { allowed: true, root: world.workspace, names: ["d", "f"] } as const;
  const options = {
    signal: new AbortController().signal,
    maxBytes: 100,
    maxEntries: 10,
    anchoring: "named",
  } as const;
  const reply = readFile(pass, { kind: "file.read", path: "d/f" }, options);
  assert.equal(await textOf(reply.body), "mine");
  using folder = openFolder(world.workspace, ["d"], { create: false, anchoring: "named" });
  renameSync(at("d"), at("e"));
  mkdirSync(at("d"));
  assert.throws(() => folder.verify(), { code: "ESTALE" });
  rmSync(at("d"), { recursive: true });
  symlinkSync(at("e"), at("d"));
  assert.throws(() => readFile(pass, { kind: "file.read", path: "d/f" }, options));
});
