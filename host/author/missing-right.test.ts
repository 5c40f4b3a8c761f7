import assert from "node:assert/strict";
import { test } from "node:test";
import type { EffectRequest } from "#host/base/effect.ts";
import { parseManifest } from "#manifests/parse.ts";
import type { Permissions } from "#manifests/permissions.ts";
import { missingRight, permissionsLine } from "./missing-right.ts";

const get = (url: string): EffectRequest => ({
  kind: "http.request",
  method: "GET",
  url,
  headers: [],
  redirect: "follow",
  hasBody: false,
});
const lineFor = (request: EffectRequest, declared?: Permissions) => {
  const missing = missingRight(declared, request);
  return missing === null ? null : permissionsLine(missing.permissions);
};

test("a host is added with its port where it is not the web's", () => {
  assert.equal(lineFor(get("https://api.example.org/v1")), '"permissions": {"domains":["api.example.org"]}');
  assert.equal(
    lineFor(get("http://api.example.org:8080/")),
    '"permissions": {"domains":["api.example.org:8080"]}',
  );
});

test("what is declared stays, and the new right stands behind it", () => {
  const declared = { domains: ["a.example.org"], limits: { deadlineMs: 5_000 } };
  assert.equal(
    lineFor(get("https://b.example.org/"), declared),
    '"permissions": {"domains":["a.example.org","b.example.org"],"limits":{"deadlineMs":5000}}',
  );
});

test("a file gets its folder, a listed folder itself, and nothing outside of the roots", () => {
  assert.equal(
    lineFor({ kind: "file.read", path: "notes/a.txt" }),
    '"permissions": {"paths":{"read":["$WORKSPACE/notes"]}}',
  );
  assert.equal(
    lineFor({ kind: "file.write", path: "a.txt", mode: "create" }),
    '"permissions": {"paths":{"write":["$WORKSPACE"]}}',
  );
  assert.equal(
    lineFor({ kind: "file.list", path: "~/mail" }),
    '"permissions": {"paths":{"read":["~/mail"]}}',
  );
  assert.equal(lineFor({ kind: "file.read", path: "/etc/passwd" }), null);
  assert.equal(lineFor({ kind: "file.read", path: "../x" }), null);
  assert.equal(lineFor(get("https://[::1]:8443/")), null, "a manifest takes no IPv6 address");
});

test("a command is added by the letter, a TCP host with its port", () => {
  assert.equal(
    lineFor({ kind: "command.run", command: "git", args: ["log"], env: {}, hasStdin: false }),
    '"permissions": {"commands":[{"command":"git","args":["log"]}]}',
  );
  assert.equal(
    lineFor({ kind: "socket.tcp", host: "mail.example.org", port: 993, tls: true }),
    '"permissions": {"tcp":["mail.example.org:993"]}',
  );
});

test("a secret's place is a guess, to the domain that is declared", () => {
  const missing = missingRight({ domains: ["api.example.net"] }, { kind: "secret.use", name: "apiKey" });
  assert.equal(missing?.isGuess, true);
  assert.equal(missing.permissions.secrets?.length, 1);
  assert.deepEqual(missing.permissions.domains, ["api.example.net"]);
});

test("every line that is told is one that a manifest takes", () => {
  const requests: EffectRequest[] = [
    get("https://bücher.example/"),
    { kind: "socket.open", url: "wss://chat.example.org/", protocols: [], headers: [] },
    { kind: "file.stat", path: "$STATE/x/y" },
    { kind: "secret.use", name: "apiKey" },
    { kind: "secret.hmac", name: "sign", algorithm: "sha256" },
    { kind: "secret.reveal", name: "key" },
    { kind: "command.run", command: "ls", args: [], env: { LANG: "C" }, hasStdin: false },
  ];
  for (const request of requests) {
    const parsed = parseManifest(`{"id":"x","configSchema":{},${lineFor(request)}}`);
    assert.ok(parsed.ok, JSON.stringify(parsed));
  }
});
