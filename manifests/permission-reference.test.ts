import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseManifest } from "./parse.ts";
import { permissionReference } from "./permission-reference.ts";

test("docs/permissions.md is what the schema gives today", async () => {
  const text = await readFile(new URL("../docs/permissions.md", import.meta.url), "utf8");
  assert.equal(text, permissionReference());
});

test("every right has a section with words and an example that a manifest takes", () => {
  const sections = permissionReference().split("\n## ").slice(1);
  assert.deepEqual(
    sections.map((section) => /^`(\w+)`/.exec(section)?.[1]),
    ["domains", "tcp", "paths", "commands", "secrets", "routes", "llm", "wasm", "limits"],
  );
  for (const section of sections) {
    const [title = "", , words = ""] = section.split("\n");
    assert.ok(words.length > 20, title);
    const example = JSON.parse(`{${/^ {4}(.*)$/m.exec(section)?.[1]}}`) as {
      permissions: { domains?: string[] };
    };
    // A secret's domain is one of its plugin's.
    const { permissions } = example;
    const whole = { ...permissions, ...(title.includes("secrets") ? { domains: ["api.example.org"] } : {}) };
    const parsed = parseManifest(JSON.stringify({ id: "x", configSchema: {}, permissions: whole }));
    assert.ok(parsed.ok, `${title}: ${JSON.stringify(parsed)}`);
  }
});
