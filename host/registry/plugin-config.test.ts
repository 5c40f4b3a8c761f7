import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#host/base/json.ts";
import { parseManifest } from "#manifests/parse.ts";
import { checkPluginConfig } from "./plugin-config.ts";

function check(configSchema: object, config: JsonObject): Promise<void> {
  const parsed = parseManifest(JSON.stringify({ id: "x", configSchema }));
  assert.ok(parsed.ok);
  return checkPluginConfig(parsed.manifest, config);
}

test("settings are checked against the plugin's schema, references included", async () => {
  const schema = {
    type: "object",
    required: ["host"],
    properties: { host: { $ref: "#/$defs/host" }, list: { type: "array", items: { $ref: "#" } } },
    $defs: { host: { type: "string", minLength: 3 } },
  };
  await check(schema, { host: "abc", list: [{ host: "abcd" }] });
  await assert.rejects(check(schema, {}), { code: "config.invalid", message: /"plugins.entries.x.config"/ });
  await assert.rejects(check(schema, { host: "abc", list: [{ host: "a" }] }), { code: "config.invalid" });
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key${at}`, { type: "number" }]));
  await check({ properties: wide }, Object.fromEntries(Object.keys(wide).map((key) => [key, 1])));
});

/** 2^60 steps, in a plugin that asks for nothing and has no settings. */
test("a schema that doubles at each step ends soon, and its plugin cannot be used", async () => {
  const two = (at: number) => ({ allOf: [{ $ref: `#/$defs/a${at}` }, { $ref: `#/$defs/a${at}` }] });
  const $defs = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`a${at}`, two(at + 1)]));
  const schema = { required: [], $defs: { ...$defs, a60: {} }, $ref: "#/$defs/a0" };
  const startedAt = performance.now();
  await assert.rejects(check(schema, {}), { code: "config.invalid", message: /too long/ });
  assert.ok(performance.now() - startedAt < 2_000);
});

test("a schema that refers to itself without end cannot be used", async () => {
  await assert.rejects(check({ required: [], $ref: "#" }, {}), { code: "config.invalid" });
});
