import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { JsonObject } from "#host/base/json.ts";
import { parseManifest } from "#manifests/parse.ts";
import { createRig } from "#host/sandbox/sandboxes-for-tests.ts";
import { checkPluginConfig } from "./plugin-config.ts";

const { sandboxes } = createRig();
after(() => sandboxes.stop());

function check(configSchema: object, config: JsonObject): Promise<void> {
  const parsed = parseManifest(JSON.stringify({ id: "x", configSchema }));
  assert.ok(parsed.ok);
  return checkPluginConfig(parsed.manifest, config, sandboxes);
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

test("patterns are tried in an isolate, and the setting that breaks one is named", async () => {
  const schema = {
    properties: { host: { pattern: "^[a-z.]+$" } },
    patternProperties: { "^x-": { type: "number" } },
  };
  await check(schema, { host: "example.org", "x-one": 1 });
  await assert.rejects(check(schema, { host: "EXAMPLE" }), {
    code: "config.invalid",
    message: /^Cannot use "x": "plugins\.entries\.x\.config" breaks its configSchema: "host": .*pattern/,
  });
  await assert.rejects(check(schema, { "x-one": "one" }), { code: "config.invalid", message: /"x-one"/ });
  await assert.rejects(check({ properties: { host: { pattern: "(" } } }, { host: "a" }), {
    code: "config.invalid",
    message: /cannot be used/,
  });
});

const text = "a".repeat(200);
const endless: readonly (readonly [name: string, schema: object, config: JsonObject])[] = [
  ["nested", { properties: { host: { pattern: "^(.*)*x$" } } }, { host: text }],
  ["overlapping", { properties: { host: { pattern: "^(a|a)*$" } } }, { host: `${text}!` }],
  ["in a name", { patternProperties: { "^(a|aa)+$": {} } }, { [`${text}!`]: 1 }],
  ["a hundred stars", { properties: { host: { pattern: `^${"a*".repeat(100)}b$` } } }, { host: text }],
  [
    "behind a reference",
    { properties: { host: { $ref: "#/$defs/a" } }, $defs: { a: { pattern: "(.*)*x" } } },
    { host: text },
  ],
];
for (const [name, schema, config] of endless) {
  test(`a pattern that never ends (${name}) is stopped, the host goes on, and its plugin cannot be used`, async () => {
    let beats = 0;
    const heart = setInterval(() => beats++, 20);
    const startedAt = performance.now();
    await assert.rejects(check(schema, config), { code: "config.invalid", message: /takes too long/ });
    clearInterval(heart);
    const took = performance.now() - startedAt;
    assert.ok(took < 10_000, `it took ${Math.round(took)} ms`);
    assert.ok(beats > took / 200, `the host's clock went ${beats} times in ${Math.round(took)} ms`);
  });
}
