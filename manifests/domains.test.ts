import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expandDomains, matchDomain, matchHost, parseHost, showHost } from "./domains.ts";

test("a host has one spelling, however it was written", () => {
  const spellings: [string, string][] = [
    ["API.Example.ORG", "api.example.org"],
    ["api.example.org.", "api.example.org"],
    ["https://api.example.org/path?q#f", "api.example.org"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["https://BÜCHER.example/", "xn--bcher-kva.example"],
    ["ｅｘａｍｐｌｅ.org", "example.org"],
    ["127.1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["http://127.0.0.1./", "127.0.0.1"],
    ["[0:0:0:0:0:0:0:1]", "::1"],
    ["::1", "::1"],
    ["http://[::FFFF:127.0.0.1]/", "127.0.0.1"],
  ];
  for (const [written, host] of spellings) assert.equal(parseHost(written)?.host, host, written);
});

test("what names no host is null", () => {
  const nonsense = [
    "",
    " ",
    ".",
    "a..b",
    "a b.org",
    "user@host.org",
    "host.org/path",
    "host.org:99999",
    "host.org:80:80",
    "[::1]:80:80",
    "[::1]x",
    "host.org#x",
    "a!b.org",
    "256.256.256.256",
    "://x",
    `${"a".repeat(64)}.org`,
    `${"a.".repeat(130)}org`,
    "x\u0000.org",
  ];
  for (const text of nonsense) assert.equal(parseHost(text), null, JSON.stringify(text));
});

test("a port is kept where it was written, and the scheme's own is none", () => {
  assert.equal(parseHost("x.org:8080")?.port, 8080);
  assert.equal(parseHost("x.org:80")?.port, 80);
  assert.equal(parseHost("https://x.org:8443/")?.port, 8443);
  assert.equal(parseHost("https://x.org:443/")?.port, null);
  assert.equal(parseHost("[::1]:9000")?.port, 9000);
  assert.equal(parseHost("x.org")?.port, null);
});

test("a plain pattern covers its host alone; one with a dot covers the host and all below", () => {
  assert.ok(matchDomain("api.x.org", "api.x.org", 443));
  assert.ok(!matchDomain("api.x.org", "v2.api.x.org", 443));
  assert.ok(!matchDomain("api.x.org", "x.org", 443));
  assert.ok(matchDomain(".x.org", "x.org", 443));
  assert.ok(matchDomain(".x.org", "a.b.x.org", 80));
  assert.ok(!matchDomain(".x.org", "evilx.org", 443));
  assert.ok(!matchDomain(".x.org", "x.org.evil.com", 443));
});

test("without a port a pattern covers 80 and 443, with one that port alone", () => {
  assert.ok(!matchDomain("x.org", "x.org", 22));
  assert.ok(matchDomain("x.org:22", "x.org", 22));
  assert.ok(!matchDomain("x.org:22", "x.org", 443));
  assert.ok(matchDomain(".x.org:8443", "a.x.org", 8443));
});

test("an IP address is covered by itself alone", () => {
  assert.ok(matchDomain("127.0.0.1:8080", "127.0.0.1", 8080));
  assert.ok(matchDomain("[::1]:8080", "::1", 8080));
  assert.ok(!matchDomain(".0.0.1", "127.0.0.1", 443));
  assert.ok(!matchDomain(".1", "127.0.0.1", 443));
  assert.ok(!matchHost(".127.0.0.1", "127.0.0.1"));
});

test('"ask" is a word of the manifest and never a host', () => {
  assert.ok(!matchDomain("ask", "ask", 443));
  assert.ok(!matchDomain("$config.server", "$config.server", 443));
});

test("a configured host takes the place of its key, and nothing else does", () => {
  const config = {
    server: "https://Matrix.Example.org:8448/_matrix",
    deep: { host: "a.org" },
    n: 1,
    a: "ask",
  };
  assert.deepEqual(expandDomains(["x.org", "$config.server"], config), ["x.org", "matrix.example.org:8448"]);
  assert.deepEqual(expandDomains(["$config.deep.host"], config), ["a.org"]);
  assert.deepEqual(expandDomains(["$config.n", "$config.none", "$config.a"], config), []);
  assert.deepEqual(expandDomains(["$config.toString", "$config.deep.constructor"], config), []);
  assert.deepEqual(expandDomains(["$config.w"], { w: ".org" }), []);
});

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const name = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join("."));

test("a dotted pattern covers exactly the names that end in it at a dot", () => {
  fc.assert(
    fc.property(name, name, (domain, host) => {
      const expected = host === domain || host.endsWith(`.${domain}`);
      return (
        matchHost(`.${domain}`, host) === expected &&
        matchHost(`.${domain}`, `${host}.${domain}`) &&
        matchHost(domain, host) === (host === domain)
      );
    }),
  );
});

test("what is shown is read back as the same host and port", () => {
  // Bun's URL refuses a few IPv6 spellings that mix "::" with dotted decimals.
  const ip = fc.oneof(fc.ipV4(), fc.ipV6()).filter((address) => parseHost(address) !== null);
  fc.assert(
    fc.property(fc.oneof(name, ip), fc.option(fc.integer({ min: 1, max: 65_535 })), (host, port) => {
      const address = parseHost(host);
      assert.ok(address !== null);
      const shown = parseHost(showHost({ host: address.host, port }));
      assert.deepEqual(shown, { ...address, port });
    }),
  );
});
