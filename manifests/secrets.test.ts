import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIssue } from "./issue.ts";
import { parseManifest } from "./parse.ts";
import { rightLines } from "./rights.ts";
import type { Permissions } from "./permissions.ts";

const API = "api.example.org";
const KEY = {
  name: "apiKey",
  slot: { in: "header", name: "authorization", format: "Bearer {}" },
  domain: API,
};
const TOKEN = {
  name: "token",
  use: "capture",
  from: { domain: "login.example.org", path: "/oauth/token", pointer: "/access_token" },
  slot: { in: "body", pointer: "/token" },
  domain: API,
};

function parse(secrets: readonly object[], domains: readonly string[] = [API]) {
  return parseManifest(
    JSON.stringify({ id: "weather", configSchema: {}, permissions: { domains, secrets } }),
  );
}

/** The issues as `key rule`, without the place in the file. */
function issues(secrets: readonly object[], domains?: readonly string[]): string[] {
  const parsed = parse(secrets, domains);
  return parsed.ok ? [] : parsed.issues.map(({ key, rule }) => `${key} ${rule}`);
}

function lines(secrets: readonly object[], domains?: readonly string[]): string[] {
  const parsed = parse(secrets, domains);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.issues.map(formatIssue).join("\n"));
  return rightLines(parsed.manifest.permissions as Permissions).filter((line) => line.startsWith("secret"));
}

test("each use of a secret reads as one line that names its place and its domain", () => {
  const path = { name: "bot", slot: { in: "urlPath", pattern: "/bot{}/" }, domain: API };
  const uses = [KEY, path, TOKEN, { name: "sign", use: "hmac" }, { name: "noise", use: "held" }];
  assert.deepEqual(lines(uses, [API, "login.example.org"]), [
    'secret apiKey: sent in the header authorization "Bearer {}" to api.example.org',
    "secret bot: sent in the path /bot{}/ to api.example.org",
    "secret token: kept from the answer of login.example.org/oauth/token at /access_token, sent in the body at /token to api.example.org",
    "secret sign: the host signs with it",
    "secret noise: the plugin itself reads its value",
  ]);
});

test("a slot needs a place and a domain, and no other use takes them", () => {
  assert.deepEqual(issues([{ name: "apiKey" }]), [
    "permissions.secrets[0].slot is missing",
    "permissions.secrets[0].domain is missing",
  ]);
  assert.deepEqual(issues([{ ...KEY, use: "hmac" }]), ["permissions.secrets[0].slot is not a known key"]);
});

test("a secret goes to a domain that the plugin names, never to one that the owner is asked for", () => {
  assert.deepEqual(issues([{ ...KEY, domain: "evil.example" }]), [
    'permissions.secrets[0].domain must also stand in "domains": add "evil.example" there',
  ]);
  assert.match(issues([{ ...KEY, domain: "ask" }], ["ask"]).join(), /must not be "ask"/);
  assert.deepEqual(issues([TOKEN]), [
    'permissions.secrets[0].from.domain must also stand in "domains": add "login.example.org" there',
  ]);
});

test("who reads a secret may not ask for hosts", () => {
  const held = [{ name: "noise", use: "held" }];
  assert.deepEqual(issues(held), []);
  assert.match(issues(held, ["ask"]).join(), /^permissions\.secrets\[0\]\.use must not be "held" beside/);
});

test("one name stands for one value, and only a slot may have several places", () => {
  const elsewhere = { ...KEY, slot: { in: "urlPath", pattern: "/key/{}" } };
  assert.deepEqual(issues([KEY, elsewhere]), []);
  assert.match(
    issues([KEY, { name: "apiKey", use: "held" }]).join(),
    /^permissions\.secrets\[1\]\.name must not/,
  );
});

test("a template without exactly one place for the secret is refused", () => {
  const header = (format: string) => ({ ...KEY, slot: { ...KEY.slot, format } });
  for (const format of ["Bearer", "{} {}", ""])
    assert.equal(issues([header(format)]).length > 0, true, format);
  for (const pattern of ["bot{}/", "/bot{}?x", "/{}#", "/bot"]) {
    const secret = { ...KEY, slot: { in: "urlPath", pattern } };
    assert.equal(issues([secret]).length > 0, true, pattern);
  }
  for (const pointer of ["", "token", "/a~2", "/a to api.example.com"]) {
    const secret = { ...KEY, slot: { in: "body", pointer } };
    assert.equal(issues([secret]).length > 0, true, pointer);
  }
});

test("an issue of the whole block points at its line", () => {
  const text = `{"id": "weather", "configSchema": {},
    "permissions": {
      "secrets": [{"name": "noise", "use": "hmac"},
                  {"name": "noise", "use": "hmac"}]}}`;
  const parsed = parseManifest(text);
  assert.ok(!parsed.ok);
  assert.equal(
    parsed.issues.map(formatIssue).join(),
    'openclaw.plugin.json:4:20: "permissions.secrets[1].name" must not stand twice, except for the places of one "slot"',
  );
});
