import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import JSON5 from "json5";
import { HostError } from "#host/base/errors.ts";
import { KEPT_KEYS } from "./keys.ts";
import { parseConfig } from "./parse.ts";
import { resolveConfig } from "./resolve.ts";
import { statePaths } from "./state.ts";

/** The message for a file that must be refused. */
function messageOf(text: string): string {
  try {
    parseConfig(text);
  } catch (error) {
    assert.ok(error instanceof HostError);
    assert.equal(error.code, "config.invalid");
    return error.message;
  }
  return assert.fail(`expected ${text} to be refused`);
}

/** Settings of a file as onboarding of OpenClaw 2026.9 writes it. */
const UPSTREAM = `{
  meta: { lastTouchedVersion: "2026.9.6", migrations: { modelPolicyAllowlist: true } },
  wizard: { lastRunAt: "2026-11-23T13:09:11.067Z" },
  update: { checkOnStart: false },
  gateway: { mode: "local", bind: "loopback", port: 18789, auth: { mode: "token", token: "t" }, tailscale: { mode: "off" } },
  agents: {
    defaults: { workspace: "~/w", model: { primary: "ollama/llama3.2:3b" }, maxConcurrent: 8 },
    entries: { main: { name: "main", identity: { name: "main" }, agentDir: "/a" } },
  },
  models: {
    mode: "merge",
    providers: { ollama: { baseUrl: "http://127.0.0.1:11434", api: "ollama", apiKey: "x", models: [{ id: "m", cost: {} }] } },
  },
  plugins: { entries: { codex: { config: { sessionCatalog: { enabled: false } } } } },
  tools: { profile: "full" },
}`;

test("a file that OpenClaw wrote is taken, and what is not used of it is named", () => {
  const { file, unused } = parseConfig(UPSTREAM);
  assert.equal(file.gateway?.port, 18789);
  assert.deepEqual(unused, [
    "agents.defaults.maxConcurrent",
    "agents.entries.main.agentDir",
    "agents.entries.main.identity",
    "gateway.tailscale",
    "meta",
    "models.mode",
    "tools.profile",
    "update",
    "wizard",
  ]);
});

const MISTAKES = {
  "{gatway: {port: 1}}": 'Unknown key "gatway" in openclaw.json: did you mean "gateway"?',
  "{gateway: {prot: 1}}": 'Unknown key "gateway.prot" in openclaw.json: did you mean "gateway.port"?',
  '{agents: {defaults: {model: {primry: "a/b"}}}}':
    'Unknown key "agents.defaults.model.primry" in openclaw.json: did you mean "agents.defaults.model.primary"?',
  '{models: {providers: {x: {baseURL: "http://h"}}}}':
    'Unknown key "models.providers.x.baseURL" in openclaw.json: did you mean "models.providers.x.baseUrl"?',
  "{network: {gate: 1}}": 'Unknown key "network.gate" in openclaw.json: known there are proxy, allowlist',
  '{gateway: {port: "18789"}}':
    'Wrong value for "gateway.port" in openclaw.json: "18789" must be a whole number from 1 to 65535',
  "{gateway: {port: 70000}}":
    'Wrong value for "gateway.port" in openclaw.json: 70000 must be a whole number from 1 to 65535',
  "{gateway: {port: NaN}}":
    'Wrong value for "gateway.port" in openclaw.json: null must be a whole number from 1 to 65535',
  "{gateway: {auth: {token: 12345678}}}":
    'Wrong value for "gateway.auth.token" in openclaw.json: it must be a text, "${NAME}" or {source: "env", id: "NAME"}',
  '{gateway: {auth: {token: ""}}}':
    'Wrong value for "gateway.auth.token" in openclaw.json: it must not be empty',
  "{plugins: {entries: 5}}": 'Wrong value for "plugins.entries" in openclaw.json: 5 must be an object',
  "{agents: {list: {}}}": 'Wrong value for "agents.list" in openclaw.json: {} must be a list',
  '{gateway: {bind: "lan"}}':
    'Wrong value for "gateway.bind" in openclaw.json: "lan" must be "loopback": put a reverse proxy in front to be reached from elsewhere',
  '{agents: {list: [{name: "x"}]}}': 'Missing key "agents.list.0.id" in openclaw.json',
  '{agents: {defaults: {model: "llama3.2"}}}':
    'Wrong value for "agents.defaults.model" in openclaw.json: "llama3.2" must be "provider/model", for example "ollama/llama3.2"',
  "{agents: {defaults: {model: 3}}}":
    'Wrong value for "agents.defaults.model" in openclaw.json: 3 must be "provider/model", for example "ollama/llama3.2", or {primary, fallbacks} of such names',
  "{gateway: {prot: 1}, tool: {}}":
    'Unknown key "gateway.prot" in openclaw.json: did you mean "gateway.port"?; Unknown key "tool" in openclaw.json: did you mean "tools"?',
  "[]": "Wrong content in openclaw.json: the whole must be an object",
  null: "Wrong content in openclaw.json: the whole must be an object",
  "{\n  gateway: { port: 1,, }\n}": "Cannot parse openclaw.json: invalid character ',' at line 2, column 22",
  "{": "Cannot parse openclaw.json: invalid end of input at line 1, column 2",
  "": "Cannot parse openclaw.json: invalid end of input at line 1, column 1",
};

test("each mistake is told with its place, its rule and what was probably meant", () => {
  for (const [text, message] of Object.entries(MISTAKES)) assert.equal(messageOf(text), message, text);
});

test("no message shows a secret, whatever is wrong around it", () => {
  const secret = "sk-do-not-show";
  const files = [
    `{gateway: {auth: {token: ["${secret}"]}}}`,
    `{gateway: {auth: {mode: "token", tokn: "${secret}"}}}`,
    `{models: {providers: {openai: {apiKey: {source: "file", id: "${secret}"}}}}}`,
    `{skills: {entries: {a: {env: "${secret}"}}}}`,
    `{skills: {entries: {a: {env: {KEY: ["${secret}"]}}}}}`,
    `{gateway: {auth: {token: "${secret}"`,
  ];
  for (const file of files) assert.ok(!messageOf(file).includes(secret), messageOf(file));
});

test("a byte order mark, comments and trailing commas are no mistakes", () => {
  assert.deepEqual(parseConfig("\uFEFF// hello\n{ gateway: { port: 1, }, }").file, { gateway: { port: 1 } });
});

test("a file without end is not looked at", () => {
  assert.match(messageOf(" ".repeat(1_000_001)), /1000001 characters are more than 1000000/);
});

test("whatever the text, it is a configuration or one HostError", () => {
  const facts = {
    paths: statePaths("/state"),
    homeDir: "/home/ada",
    environment: {},
    overrides: { port: null, token: null, ollamaBaseUrl: null },
    madeToken: () => "made",
  };
  const known = [
    ...new Set([...Object.keys(KEPT_KEYS).flatMap((path) => path.split(".")), "__proto__", "constructor"]),
  ];
  const key = fc.oneof(fc.constantFrom(...known, "port", "apiKey", "baseUrl", "load", "list"), fc.string());
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant("${constructor}")),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const structured = fc.dictionary(key, value, { maxKeys: 4 }).map((file) => JSON5.stringify(file) ?? "");
  const cut = fc
    .tuple(fc.constant(UPSTREAM), fc.nat(UPSTREAM.length), fc.string())
    .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at + noise.length));
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), structured, cut), (text) => {
      try {
        resolveConfig(parseConfig(text), facts);
        taken++;
      } catch (error) {
        assert.ok(error instanceof HostError, `${String(error)} for ${text}`);
        assert.equal(error.code, "config.invalid");
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(taken > 20, `only ${taken} files were taken: the property says little`);
});
