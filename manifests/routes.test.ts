import assert from "node:assert/strict";
import { test } from "node:test";
import { parseManifest } from "./parse.ts";
import { rightLines } from "./rights.ts";
import { matchRoute } from "./routes.ts";

const SECRETS = [
  { name: "key", use: "verify" },
  { name: "sign", use: "hmac" },
  { name: "held", use: "held" },
];
const HMAC = { secret: "key", header: "x-sig", algorithm: "sha256" };

function parse(routes: readonly object[], secrets: readonly object[] = SECRETS) {
  return parseManifest(JSON.stringify({ id: "hooks", configSchema: {}, permissions: { routes, secrets } }));
}

function issues(route: object, ...more: readonly object[]): string[] {
  const parsed = parse([{ path: "/hook", methods: ["POST"], ...route }, ...more]);
  return parsed.ok ? [] : parsed.issues.map(({ key, rule }) => `${key} ${rule}`);
}

test("a route reads as one line with its whole address and how its caller is checked", () => {
  const parsed = parse([
    { path: "/hook", methods: ["GET", "POST"], verify: "none" },
    { path: "/api/*", methods: ["POST"], verify: { token: { secret: "key" } }, maxBodyBytes: 10 },
    { path: "/t", methods: ["POST"], verify: { token: { secret: "key", header: "x-token" } } },
    { path: "/signed", methods: ["POST"], verify: { hmac: { ...HMAC, prefix: "sha256=" } } },
  ]);
  assert.ok(parsed.ok);
  assert.deepEqual(rightLines(parsed.manifest.permissions, "hooks").slice(SECRETS.length), [
    "route GET,POST /plugin/hooks/hook (at most 1 MiB): anyone may call it, and the plugin itself checks who does",
    "route POST /plugin/hooks/api/* (at most 10 bytes): callers show the secret key as Bearer token",
    "route POST /plugin/hooks/t (at most 1 MiB): callers show the secret key in the header x-token",
    'route POST /plugin/hooks/signed (at most 1 MiB): callers sign the body with the secret key in the header x-sig (sha256, hex, after "sha256=")',
  ]);
});

test("how callers are checked has to be said, with a secret that the plugin cannot read", () => {
  assert.deepEqual(issues({}), ["permissions.routes[0].verify is missing"]);
  assert.match(issues({ verify: "hmac" }).join(), /must be "none", \{ "token"/);
  for (const secret of ["absent", "sign", "held"])
    assert.match(
      issues({ verify: { token: { secret } } }).join(),
      /verify\.token\.secret must name a secret that is declared for it/,
    );
  for (const secret of ["absent", "held"])
    assert.match(
      issues({ verify: { hmac: { ...HMAC, secret } } }).join(),
      /must name a secret that is declared for it/,
    );
  for (const secret of ["key", "sign"])
    assert.deepEqual(issues({ verify: { hmac: { ...HMAC, secret } } }), []);
});

test("a signed body has at most a mebibyte, any other at most 64", () => {
  assert.match(
    issues({ verify: { hmac: HMAC }, maxBodyBytes: 2 ** 20 + 1 }).join(),
    /at most 1048576: a body is held whole/,
  );
  assert.match(issues({ verify: "none", maxBodyBytes: 2 ** 26 + 1 }).join(), /must be at most 67108864/);
});

test("paths that could be read in two ways, and routes that stand twice, are refused", () => {
  for (const path of [
    "",
    "hook",
    "//a",
    "/a/../b",
    "/a/.",
    "/a%2fb",
    "/a?b",
    "/a#b",
    "/*/a",
    "/a*",
    "/a/",
    "/a b",
    "/@bot",
    "/\u0430\u0000",
  ])
    assert.notDeepEqual(issues({ path, verify: "none" }), [], path);
  for (const path of ["/", "/*", "/a/b-c_d.e", "/api/*"])
    assert.deepEqual(issues({ path, verify: "none" }), [], path);
  assert.match(
    issues({ verify: "none" }, { path: "/hook", methods: ["GET", "POST"], verify: "none" }).join(),
    /routes\[1\]\.path must not stand twice/,
  );
  assert.deepEqual(issues({ verify: "none" }, { path: "/hook", methods: ["GET"], verify: "none" }), []);
});

test("an exact path is that path; one with /* is what is below it, and its root", () => {
  const matches = (path: string, asked: string) => matchRoute({ path }, asked);
  assert.ok(matches("/hook", "/hook"));
  for (const asked of ["/hook/", "/hook/a", "/hooks", "/Hook", "/h%6fok"])
    assert.ok(!matches("/hook", asked), asked);
  for (const asked of ["/api", "/api/", "/api/a/b"]) assert.ok(matches("/api/*", asked), asked);
  for (const asked of ["/apis", "/ap", "/", "/API/a"]) assert.ok(!matches("/api/*", asked), asked);
  for (const asked of ["/", "/a", "/a/b"]) assert.ok(matches("/*", asked), asked);
});
