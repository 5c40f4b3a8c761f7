import assert from "node:assert/strict";
import { test } from "node:test";
import { parseManifest } from "#manifests/parse.ts";
import { manifestTypes } from "./manifest-types.ts";

const typesOf = (manifest: object): string => {
  const parsed = parseManifest(JSON.stringify({ id: "x", configSchema: {}, ...manifest }));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return manifestTypes(parsed.manifest);
};

test("names are unions, and never where there is none", () => {
  const text = typesOf({
    contracts: { tools: ["a", "b"] },
    permissions: {
      commands: [
        { command: "git", args: ["log"] },
        { command: "git", args: ["status"] },
      ],
      secrets: [{ name: "sign", use: "hmac" }],
    },
  });
  assert.match(text, /readonly tools: "a" \| "b";/);
  assert.match(text, /readonly commands: "git";/);
  assert.match(text, /readonly slot: never;\n +readonly hmac: "sign";\n +readonly held: never;/);
});

test("settings have the types of the schema; what is required is there", () => {
  const text = typesOf({
    configSchema: {
      type: "object",
      required: ["server"],
      properties: {
        server: { type: "string", description: "Where */ it is" },
        units: { enum: ["metric", "imperial", 3] },
        "odd key": { type: ["integer", "null"] },
        list: { type: "array", items: { type: "object", properties: { on: { type: "boolean" } } } },
        free: { oneOf: [] },
      },
    },
  });
  assert.match(text, /\/\*\* Where \* \/ it is \*\/\n +readonly "server": string;/);
  assert.match(text, /readonly "units"\?: "metric" \| "imperial" \| 3;/);
  assert.match(text, /readonly "odd key"\?: number \| null;/);
  assert.match(text, /readonly "list"\?: readonly \(\{\n +readonly "on"\?: boolean;\n +\}\)\[\];/);
  assert.match(text, /readonly "free"\?: unknown;/);
});

test("settings that a schema leaves open are an object all the same", () => {
  assert.match(typesOf({ configSchema: {} }), /readonly config: Readonly<Record<string, unknown>>;/);
});

test("a schema without end ends", () => {
  let schema: object = {};
  for (let depth = 0; depth < 12; depth++) schema = { type: "object", properties: { in: schema } };
  assert.match(typesOf({ configSchema: schema }), /unknown/);
});
