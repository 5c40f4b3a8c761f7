import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIssue } from "./issue.ts";
import { parseGrant, parseManifest } from "./parse.ts";

const DICE =
  '{"id":"dice","name":"Dice","version":"1.0.0","configSchema":{"type":"object"},"contracts":{"tools":["roll"]}}';

/** The issues of a bad manifest, as a person reads them. */
function issuesOf(text: string | Uint8Array): string[] {
  const parsed = parseManifest(text);
  assert.ok(!parsed.ok, `accepted ${String(text).slice(0, 100)}`);
  return parsed.issues.map(formatIssue);
}

test("the smallest tool's manifest is accepted", () => {
  const parsed = parseManifest(DICE);
  assert.ok(parsed.ok);
  assert.equal(parsed.manifest.id, "dice");
  assert.deepEqual(parsed.manifest.contracts?.tools, ["roll"]);
  assert.equal(parsed.manifest.permissions, undefined);
});

test("OpenClaw's keys are accepted and kept as they are", () => {
  const parsed = parseManifest(
    '{"id":"acme","configSchema":{},"providers":["acme"],"uiHints":{"apiKey":{"sensitive":true}},"contracts":{"webSearchProviders":["acme"]}}',
  );
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.manifest.providers, ["acme"]);
  assert.deepEqual(parsed.manifest.contracts?.webSearchProviders, ["acme"]);
});

test("an unknown key is named with its line and column, and the key that was meant", () => {
  assert.deepEqual(issuesOf('{\n  "id": "x",\n  "configSchema": {},\n  "permisions": {}\n}'), [
    'openclaw.plugin.json:4:3: "permisions" is not a known key (did you mean "permissions"?)',
  ]);
  assert.deepEqual(issuesOf('{"id":"x","configSchema":{},\n"permissions":{\n   "domain":["a.org"]}}'), [
    'openclaw.plugin.json:3:4: "permissions.domain" is not a known key (did you mean "domains"?)',
  ]);
  assert.deepEqual(
    issuesOf('{"id":"x","configSchema":{},\n"permissions":{"commands":[{"command":"ls",\n "arg":[]}]}}'),
    ['openclaw.plugin.json:3:2: "permissions.commands[0].arg" is not a known key (did you mean "args"?)'],
  );
});

test("a key that is like no other gets no suggestion", () => {
  assert.deepEqual(issuesOf('{"id":"x","configSchema":{},"wholesale":1}'), [
    'openclaw.plugin.json:1:29: "wholesale" is not a known key',
  ]);
});

test("every broken rule is told, not only the first", () => {
  const issues = issuesOf('{"id":"Not An Id","contracts":{"tools":["Bad Name"]}}');
  assert.equal(issues.length, 3);
  assert.match(issues.join("\n"), /"id" must be 1 to 64 lower-case letters/);
  assert.match(issues.join("\n"), /"contracts.tools\[0\]" must be 1 to 64 lower-case letters/);
  assert.match(issues.join("\n"), /"configSchema" is missing/);
});

test("of a file that is nothing but mistakes the first twenty are told, soon", () => {
  const full = (item: string) => Array.from({ length: 20_000 }, () => item).join(",\n");
  const startedAt = performance.now();
  for (const text of [
    `{"id":"a","configSchema":{},"permissions":{"domains":[${full('""')}]}}`,
    `{"id":"a","configSchema":{},${full('"b":1')}}`,
  ]) {
    assert.equal(issuesOf(text).length, 20);
  }
  const long = issuesOf(`{"id":"a","configSchema":{},"${"k".repeat(200_000)}":1}`);
  assert.ok(long.length === 1 && (long[0]?.length ?? 0) < 200);
  assert.ok(performance.now() - startedAt < 2_000, `${performance.now() - startedAt} ms`);
});

test("a value of the wrong type says what it must be and what it is", () => {
  assert.deepEqual(issuesOf('{"id":"x","configSchema":{},"permissions":{"wasm":"yes"}}'), [
    'openclaw.plugin.json:1:44: "permissions.wasm" must be boolean, not "yes"',
  ]);
  assert.match(issuesOf('{"id":"x","configSchema":[]}')[0] ?? "", /"configSchema" must be an object/);
});

test("rights are in the grammar or the manifest is refused", () => {
  for (const permissions of [
    '{"domains":["https://a.org/"]}',
    '{"domains":["*"]}',
    '{"tcp":["imap.example.org"]}',
    '{"tcp":[".example.org:993"]}',
    '{"tcp":["imap.example.org:0"]}',
    '{"tcp":["ask"]}',
    '{"paths":{"read":["/etc/passwd"]}}',
    '{"paths":{"read":["$WORKSPACE/../../etc"]}}',
    '{"commands":[{"command":"ls; rm"}]}',
  ]) {
    const issues = issuesOf(`{"id":"x","configSchema":{},"permissions":${permissions}}`);
    assert.match(issues[0] ?? "", /permissions\./);
  }
});

test("an address is asked for in the one spelling that its owner knows it by", () => {
  const permissions = (block: string) => `{"id":"a","configSchema":{},"permissions":${block}}`;
  for (const spelling of ["2130706433", "0x7f.1", "017700000001", "127.1", "1.0x1", "127.0.0.01"]) {
    for (const block of [
      `{"domains":["${spelling}"]}`,
      `{"domains":["${spelling}:8080"]}`,
      `{"tcp":["${spelling}:25"]}`,
    ])
      assert.match(issuesOf(permissions(block))[0] ?? "", /must be written as its one spelling/, block);
  }
  const plain = '{"domains":["127.0.0.1","10.0.0.1:8080",".x-1.org","1.example.org"],"tcp":["127.0.0.1:25"]}';
  assert.ok(parseManifest(permissions(plain)).ok);
});

test("what other JSON parsers would read differently is refused with its place", () => {
  assert.match(issuesOf('{"id":"x",\n"id":"y","configSchema":{}}')[0] ?? "", /:2:1: "id" stands here twice/);
  assert.match(
    issuesOf('{"configSchema":{"a":1,\n "a":2},"id":"x"}')[0] ?? "",
    /:2:2: "configSchema.a" stands/,
  );
  assert.match(issuesOf('{"id":"x","__proto__":{}}')[0] ?? "", /"__proto__" is not allowed as a key/);
  assert.match(issuesOf("\uFEFF" + DICE)[0] ?? "", /byte order mark/);
  assert.match(issuesOf('{"id":"x", // no\n"configSchema":{}}')[0] ?? "", /comments are not allowed/);
  assert.match(issuesOf('{"id":"x","configSchema":{},}')[0] ?? "", /:1:29: is not JSON/);
});

test("what is no manifest at all is refused, never thrown", () => {
  assert.match(issuesOf("")[0] ?? "", /:1:1: is not JSON|:1:1: is empty/);
  assert.match(issuesOf("[]")[0] ?? "", /must be a JSON object/);
  assert.match(issuesOf(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))[0] ?? "", /is not UTF-8/);
  assert.match(issuesOf("[".repeat(100_000))[0] ?? "", /nested deeper than 64/);
  assert.match(issuesOf(" ".repeat(300_000))[0] ?? "", /is larger than/);
});

test("no text makes the parser throw", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => DICE.replace("dice", text)),
      ),
      (text) => {
        parseManifest(text);
      },
    ),
  );
});

test("a grant of the release holds permissions and nothing else", () => {
  const parsed = parseGrant('{"permissions":{"domains":["ask"]}}', "manifests/tools/x.json");
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.permissions.domains, ["ask"]);
  assert.ok(!parseGrant('{"permissions":{},"id":"x"}', "manifests/tools/x.json").ok);
});
