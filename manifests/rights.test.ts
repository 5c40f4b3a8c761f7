import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Permissions } from "./permissions.ts";
import { hostPatternsIn, intersectRights, missingLines, NO_RIGHTS, rightLines } from "./rights.ts";

const ASKED: Permissions = {
  domains: ["api.example.org", ".example.net"],
  tcp: ["imap.example.org:993"],
  paths: { read: ["$WORKSPACE"], write: ["$WORKSPACE/out"] },
  commands: [{ command: "git", args: ["status", "**"], env: ["HOME"] }],
  secrets: [{ name: "token", slot: { in: "header", name: "authorization" }, domain: "api.example.org" }],
  routes: [{ path: "/hook", methods: ["POST"], verify: "none" }],
  llm: { maxTokensPerDay: 1000 },
  wasm: true,
  limits: { heapMiB: 32 },
};

test("a right needs both sides: nothing asked or nothing granted is no right", () => {
  assert.deepEqual(intersectRights(undefined, ASKED), NO_RIGHTS);
  assert.deepEqual(intersectRights(ASKED, undefined), { ...NO_RIGHTS, limits: { heapMiB: 32 } });
});

test("what both sides name is held", () => {
  const rights = intersectRights(ASKED, ASKED);
  assert.deepEqual(rights.domains, ASKED.domains);
  assert.deepEqual(rights.tcp, ["imap.example.org:993"]);
  assert.deepEqual(rights.write, ["$WORKSPACE/out"]);
  assert.deepEqual(rights.commands, ASKED.commands);
  assert.equal(rights.wasm, true);
});

test("a wider domain or path on one side is not the same right", () => {
  assert.deepEqual(
    intersectRights({ domains: ["api.example.org"] }, { domains: [".example.org"] }).domains,
    [],
  );
  assert.deepEqual(
    intersectRights({ paths: { read: ["$WORKSPACE"] } }, { paths: { read: ["$WORKSPACE/a"] } }).read,
    [],
  );
});

test("the same command or secret with anything different in it is not the same right", () => {
  const granted: Permissions = {
    commands: [{ command: "git", args: ["**"], env: ["HOME"] }],
    secrets: [{ name: "token", slot: { in: "header", name: "x-other" }, domain: "api.example.org" }],
  };
  assert.deepEqual(intersectRights(ASKED, granted).commands, []);
  assert.deepEqual(intersectRights(ASKED, granted).secrets, []);
});

test("the order of keys makes no difference", () => {
  const granted: Permissions = { commands: [{ env: ["HOME"], args: ["status", "**"], command: "git" }] };
  assert.deepEqual(intersectRights(ASKED, granted).commands, ASKED.commands);
});

test("of two budgets the smaller holds", () => {
  assert.deepEqual(intersectRights(ASKED, { llm: { maxTokensPerDay: 10 } }).llm, { maxTokensPerDay: 10 });
});

test("every right is one line that a person can read", () => {
  assert.deepEqual(rightLines(ASKED), [
    "domain api.example.org",
    "domain .example.net",
    "tcp imap.example.org:993",
    "read $WORKSPACE",
    "write $WORKSPACE/out",
    "command git status ** (env HOME)",
    'secret token: sent in the header authorization "{}" to api.example.org',
    "route POST /plugin/ID/hook (at most 1 MiB): anyone may call it, and the plugin itself checks who does",
    "llm 1000 tokens a day",
    "wasm",
  ]);
  assert.deepEqual(missingLines(ASKED, { ...ASKED, wasm: false }), ["wasm"]);
});

test("the hosts that rights open are found in their lines", () => {
  assert.deepEqual(hostPatternsIn(rightLines(ASKED)), [
    "api.example.org",
    ".example.net",
    "imap.example.org:993",
  ]);
});

test("no two commands read the same", () => {
  const commands = [["a b"], ["a", "b"], [], [""], ["(env", "X)"], ['"a'], ["\\u{61}"]].map((args) => ({
    command: "x",
    args,
  }));
  const lines = rightLines({ commands: [...commands, { command: "x", env: ["X"] }] });
  assert.equal(new Set(lines).size, lines.length);
  assert.equal(lines[0], 'command x "a b"');
});

test("a grant never gives what was not asked, and asking never gives what was not granted", () => {
  const domain: fc.Arbitrary<string> = fc.constantFrom("a.org", ".a.org", "b.org", "ask", "b.org:8080");
  const block = fc.record({ domains: fc.array(domain), wasm: fc.boolean() });
  fc.assert(
    fc.property(block, block, (asked, granted) => {
      const rights = intersectRights(asked, granted);
      return (
        rights.domains.every((line) => asked.domains.includes(line) && granted.domains.includes(line)) &&
        (!rights.wasm || (asked.wasm && granted.wasm))
      );
    }),
  );
});
