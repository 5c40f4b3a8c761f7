/** The committed table is what a probe inside an isolate says now. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { edgeTable } from "./edge-table.ts";

test("docs/edge-runtime.md is what the probe inside an isolate says", async () => {
  const committed = readFileSync(new URL("../docs/edge-runtime.md", import.meta.url), "utf8");
  assert.equal(committed, await edgeTable(), "run dist/bun dev/edge-table.ts --write");
});
