/** `read`, from a message in a chat to what the model gets back, and each way in which it is refused. */
import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../gateway-process.ts";
import { startToolWorld, type ToolWorld } from "./tools.fixture.ts";

let world: ToolWorld;

before(async () => {
  world = await startToolWorld();
});
after(() => world[Symbol.asyncDispose]());

const at = (name: string) => join(world.workspace, name);
const read = async (args: object) => (await world.call("read", args)).content;

test("lines come with their numbers, from where they are asked for", async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `this is line ${index + 1}`);
  await writeFile(at("long.txt"), lines.join("\n"));
  assert.match(
    await read({ path: "long.txt", limit: 2 }),
    /^1\tthis is line 1\n2\tthis is line 2\n\[.*offset 3\]$/,
  );
  assert.equal(
    await read({ path: "long.txt", offset: 59_999 }),
    "59999\tthis is line 59999\n60000\tthis is line 60000\n[lines 59999 to 60000 of 60000]",
  );
  assert.match(await read({ path: "long.txt", offset: 60_001 }), /has 60000 lines; there is no line 60001/);
  assert.match(await read({ path: "long.txt" }), /\[lines 1 to \d+; go on with offset \d+\]$/);
});

test("a line of 40 MB costs an isolate with a heap of 64 MiB nothing", async () => {
  await writeFile(at("one-line.json"), Buffer.alloc(40_000_000, "x"));
  assert.match(
    await read({ path: "one-line.json" }),
    /^1\tx{2000} … \[the line goes on: 40000000 bytes in all\]/,
  );
});

test("an image reaches the model as an image, byte for byte; one that is too large does not", async () => {
  const picture = await readFile(join(root, "docs", "webchat.png"));
  await writeFile(at("shot.png"), picture);
  const { content, images } = await world.call("read", { path: "shot.png" });
  assert.match(content, /image\/png/);
  assert.deepEqual(images, [picture.toString("base64")]);
  await writeFile(at("large.png"), Buffer.concat([picture, Buffer.alloc(1024 * 1024)]));
  const large = await world.call("read", { path: "large.png" });
  assert.match(large.content, /at most 716800 can be shown/);
  assert.equal(large.images, undefined);
});

test("a binary is refused with its kind, a folder is listed", async () => {
  await mkdir(at("folder/inner"), { recursive: true });
  await writeFile(at("folder/data.db"), "SQLite format 3\0");
  await writeFile(at("folder/empty"), "");
  assert.match(await read({ path: "folder/data.db" }), /a SQLite database/);
  assert.equal(await read({ path: "folder" }), "data.db (16 bytes)\nempty (0 bytes)\ninner/");
  assert.equal(await read({ path: "folder/inner" }), '"folder/inner" is an empty folder');
  assert.equal(await read({ path: "folder/empty" }), '"folder/empty" is empty');
});

test("nothing outside of the workspace is read, by whatever spelling or link", async () => {
  await writeFile(join(world.gateway.stateDir, "beside.txt"), "canary");
  await symlink(join(world.gateway.stateDir, "beside.txt"), at("link.txt"));
  const paths = [
    "/etc/passwd",
    "../beside.txt",
    "$STATE/beside.txt",
    "$STATE/openclaw.json",
    "~/x",
    "link.txt",
  ];
  for (const path of paths) {
    const answer = await read({ path });
    assert.match(answer, /Cannot (?:look at|read|show) "/, path);
    assert.doesNotMatch(answer, /canary|root:/, path);
  }
});
