/** `write`, `edit` and `undo`, from a message in a chat to the file on the disk, and each way in which they are refused. */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "./processes.fixture.ts";
import { startToolWorld, type ToolWorld } from "./tools.fixture.ts";

let world: ToolWorld;

before(async () => {
  world = await startToolWorld();
});
after(() => world[Symbol.asyncDispose]());

const at = (name: string) => join(world.workspace, name);
const text = (name: string) => readFile(at(name), "utf8");
const call = async (tool: string, args: object, session?: string) =>
  (await world.call(tool, args, session)).content;

/** What the page got with the newest result of a tool. */
function detailsOf(tool: string): { readonly diff?: string } {
  const results = world.client.events.flatMap(({ payload }) => {
    const data = payload["data"] as { name?: string; result?: { details?: object } } | undefined;
    return data?.name === tool && data.result !== undefined ? [data.result.details ?? {}] : [];
  });
  return results.at(-1) ?? {};
}

test("a file is made with its folders, replaced, added to, and not made twice", async () => {
  assert.equal(
    await call("write", { path: "notes/a.md", content: "one\n" }),
    'Made "notes/a.md": +1 −0 lines',
  );
  assert.equal(await text("notes/a.md"), "one\n");
  await call("write", { path: "notes/a.md", content: "two\n", mode: "append" });
  assert.equal(await text("notes/a.md"), "one\ntwo\n");
  assert.equal(
    await call("write", { path: "notes/a.md", content: "three\n" }),
    'Changed "notes/a.md": +1 −2 lines',
  );
  assert.equal(await text("notes/a.md"), "three\n");
  assert.match(
    await call("write", { path: "notes/a.md", content: "x", mode: "create" }),
    /Cannot write "notes\/a.md": it exists already/,
  );
  assert.deepEqual(await readdir(at("notes")), ["a.md"]);
});

test("an edit replaces exactly what was named; the page gets the diff", async () => {
  await writeFile(at("code.ts"), "const a = 1;\nconst b = 2;\nconst c = 3;\n");
  assert.equal(
    await call("edit", { path: "code.ts", oldText: "b = 2", newText: "b = $&" }),
    'Changed "code.ts": +1 −1 lines',
  );
  assert.equal(await text("code.ts"), "const a = 1;\nconst b = $&;\nconst c = 3;\n");
  const { diff = "" } = detailsOf("edit");
  assert.match(diff, /^--- code\.ts/m);
  assert.match(diff, /^-const b = 2;\n\+const b = \$&;$/m);
  const refused = await call("edit", { path: "code.ts", oldText: "const", newText: "let" });
  assert.match(refused, /stands in it 3 times \(lines 1, 2, 3\)/);
  assert.match(
    await call("edit", { path: "code.ts", oldText: "cnst a = 1;", newText: "x" }),
    /1\tconst a = 1;/,
  );
  assert.equal(
    await call("edit", { path: "code.ts", oldText: "const", newText: "let", replaceAll: true }),
    'Changed "code.ts" in 3 places: +3 −3 lines',
  );
  assert.match(await call("edit", { path: "none.ts", oldText: "a", newText: "b" }), /it does not exist/);
  await writeFile(at("binary"), Buffer.from([0xff, 0xfe, 0x00]));
  assert.match(await call("edit", { path: "binary", oldText: "a", newText: "b" }), /no text in UTF-8/);
});

test("changes are taken back one by one, also by a restarted plugin, to the file's absence", async () => {
  await call("write", { path: "u.txt", content: "first" });
  await call("write", { path: "./u.txt", content: "second" });
  await call("edit", { path: "$WORKSPACE/u.txt", oldText: "second", newText: "third" });
  assert.match(await call("undo", { path: "u.txt" }), /^Took back/);
  assert.equal(await text("u.txt"), "second");
  // Another session has an isolate of its own: nothing of the first one's memory is there.
  assert.match(await call("undo", { path: "u.txt" }, "agent:main:other"), /^Took back/);
  assert.equal(await text("u.txt"), "first");
  assert.match(await call("undo", { path: "u.txt" }), /^Deleted "u.txt"/);
  assert.ok(!(await readdir(world.workspace)).includes("u.txt"));
  assert.match(await call("undo", { path: "u.txt" }), /no change of "u.txt" by write or edit is kept/);
});

test("what was changed by somebody else since is not overwritten by undo", async () => {
  await call("write", { path: "shared.txt", content: "mine" });
  await writeFile(at("shared.txt"), "the owner's");
  assert.match(await call("undo", { path: "shared.txt" }), /is not what the last change made of it any more/);
  assert.equal(await text("shared.txt"), "the owner's");
});

test("only the last changes are kept, and those too large to keep are told", async () => {
  await writeFile(at("big.txt"), "x".repeat(300_000));
  assert.match(await call("write", { path: "big.txt", content: "small" }), /too large for undo/);
  for (let round = 0; round < 45; round += 1)
    await call("write", { path: "often.txt", content: String(round) });
  for (let round = 43; round > 3; round -= 1) {
    await call("undo", { path: "often.txt" });
    assert.equal(await text("often.txt"), String(round));
  }
  assert.match(await call("undo", { path: "often.txt" }), /no change of "often.txt"/);
});

test("nothing outside of the workspace is written, by whatever spelling or link", async () => {
  const { stateDir } = world.gateway;
  await mkdir(join(stateDir, "beside"));
  await writeFile(join(stateDir, "beside", "f"), "before");
  await symlink(join(stateDir, "beside"), at("link"));
  await symlink(join(stateDir, "beside", "f"), at("filelink"));
  const paths = [
    "../beside/f",
    "$STATE/beside/f",
    join(stateDir, "beside", "f"),
    "link/f",
    "filelink",
    "~/f",
  ];
  for (const path of [
    ...paths,
    "$STATE/openclaw.json",
    "$STATE/plugins/x/main.ts",
    "/tmp/openclaw-escaped",
  ]) {
    for (const [tool, more] of [
      ["write", { content: "harm" }],
      ["edit", { oldText: "before", newText: "harm" }],
    ] as const) {
      assert.match(await call(tool, { path, ...more }), /^Cannot /, `${tool} ${path}`);
    }
  }
  assert.equal(await readFile(join(stateDir, "beside", "f"), "utf8"), "before");
  assert.deepEqual(await readdir(join(stateDir, "beside")), ["f"]);
});

test("a write is on record with its call before it is done", async () => {
  await call("write", { path: "audited.txt", content: "x" });
  const records = await eventually(
    async () => {
      const { effects } = (await world.client.request("audit.effects.list", { limit: 50 })) as unknown as {
        effects: { kind: string; target: string; outcome: string }[];
      };
      return effects.filter(({ kind, target }) => kind === "file.write" && target === "audited.txt");
    },
    (list) => list.length === 2,
  );
  assert.deepEqual(new Set(records.map(({ outcome }) => outcome)), new Set(["not-done", "done"]));
});
