import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { manifestJsonSchema } from "./json-schema.ts";

test("plugin.schema.json is what the manifest's schema gives today", async () => {
  const text = await readFile(new URL("./plugin.schema.json", import.meta.url), "utf8");
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(manifestJsonSchema())));
});

test("editors are told that an unknown key is an error", () => {
  assert.equal(manifestJsonSchema()["additionalProperties"], false);
});
