import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileEffect, LlmChatEffect, WorldEffect } from "#host/base/effect.ts";
import { LLM } from "#host/base/limits.ts";
import type { PathRoots } from "#manifests/paths.ts";
import { NO_RIGHTS, type Rights } from "#manifests/rights.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./policy.ts";
import { get } from "./world.fixture.ts";

const ROOTS: PathRoots = { workspace: "/s/workspace", state: "/s", home: "/", plugin: "/s/plugins/fetcher" };

function facts(rights: Partial<Rights> = {}, more: Partial<Facts> = {}): Facts {
  return {
    plugin: "fetcher",
    rights: { ...NO_RIGHTS, ...rights },
    config: {},
    roots: ROOTS,
    allowlist: null,
    anyNetwork: false,
    tokens: { spentToday: () => 0, resetsAt: () => 0 },
    isRemembered: () => false,
    ...more,
  };
}

function reasonOf(given: Facts, url: string): string {
  const decision = decide(given, get(url));
  return decision.allowed === false ? `${decision.reason}. ${decision.fix}` : String(decision.allowed);
}

test("a declared and granted host is allowed, any other is denied with the line that is missing", () => {
  const given = facts({ domains: ["api.x.org"] });
  assert.equal(decide(given, get("https://api.x.org/a?b")).allowed, true);
  assert.match(
    reasonOf(given, "https://evil.org/"),
    /Cannot reach "evil.org": not declared.*"fetcher".*Add "evil.org" to "permissions"/s,
  );
  assert.match(reasonOf(given, "https://api.x.org:8443/"), /Add "api.x.org:8443"/);
});

test("only http and https without credentials are requested", () => {
  const given = facts({ domains: ["x.org", "ask"] });
  for (const url of ["ftp://x.org/", "file:///etc/passwd", "data:,x", "javascript:1", "ws://x.org/"]) {
    assert.match(reasonOf(given, url), /Use https: or http:/, url);
  }
  assert.match(reasonOf(given, "https://user:pw@x.org/"), /in the URL/);
  assert.ok(!reasonOf(given, "https://user:pw@x.org/").includes("pw"));
  assert.match(reasonOf(given, "x.org"), /not an absolute URL/);
  assert.match(reasonOf(given, `https://x.org/${"a".repeat(9000)}`), /9014 characters/);
});

test("an IP address needs the right that is this very address, in whatever spelling it comes", () => {
  const spellings = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://[::1]/",
  ];
  for (const url of spellings) {
    assert.equal(decide(facts({ domains: [".org", "localhost", ".1"] }), get(url)).allowed, false, url);
    assert.match(reasonOf(facts({ domains: ["ask"] }), url), /public hosts only/, url);
  }
  const pass = decide(facts({ domains: ["127.0.0.1:8080"] }), get("http://0x7f.1:8080/"));
  assert.ok(pass.allowed === true && pass.reach === "literal");
});

test("a name that only a private network knows reaches it if granted, a public name never does", () => {
  const local = decide(facts({ domains: ["localhost:8080"] }), get("http://localhost:8080/"));
  const open = decide(facts({ domains: ["x.org:8080"] }), get("http://x.org:8080/"));
  assert.ok(local.allowed === true && local.reach === "local");
  assert.ok(open.allowed === true && open.reach === "public");
});

test("a plugin that may ask gets a question for a public host, and the yes opens the public only", () => {
  const decision = decide(facts({ domains: ["ask"] }), get("https://Example.org/a?b=1"));
  assert.ok(decision.allowed === "ask");
  assert.equal(decision.subject, "host:example.org");
  assert.match(decision.prompt, /GET https:\/\/example.org\/a\?b=1/);
  assert.equal(decision.ifYes.reach, "public");
  for (const url of [
    "http://localhost/",
    "http://nas/",
    "http://x.local/",
    "http://169.254.169.254/latest",
  ]) {
    assert.match(reasonOf(facts({ domains: ["ask"] }), url), /public hosts only/, url);
  }
});

test("a remembered yes is for its host and port alone", () => {
  const isRemembered = (subject: string) => subject === "host:example.org";
  const given = facts({ domains: ["ask"] }, { isRemembered });
  assert.equal(decide(given, get("https://example.org/other")).allowed, true);
  assert.equal(decide(given, get("https://www.example.org/")).allowed, "ask");
  assert.equal(decide(given, get("https://example.org:8443/")).allowed, "ask");
});

test("a remembered yes is worth nothing once the right to ask is gone", () => {
  assert.equal(decide(facts({}, { isRemembered: () => true }), get("https://example.org/")).allowed, false);
});

test("what the operator's list lacks is denied with the command that adds it, asked or granted", () => {
  for (const domains of [["x.org"], ["ask"]]) {
    const given = facts({ domains }, { allowlist: [".y.org"], isRemembered: () => true });
    assert.match(reasonOf(given, "https://x.org/"), /Squid allowlist\. Run: openclaw allowlist add x\.org/);
    assert.equal(decide({ ...given, allowlist: ["x.org"] }, get("https://x.org/")).allowed, true);
  }
});

test("a configured host is allowed as the owner configured it", () => {
  const given = facts({ domains: ["$config.server"] }, { config: { server: "https://hs.org:8448" } });
  assert.equal(decide(given, get("https://hs.org:8448/x")).allowed, true);
  assert.equal(decide(given, get("https://hs.org/x")).allowed, false);
});

test("a file is read where a read right stands above it, and written only with a write right", () => {
  const given = facts({ read: ["$WORKSPACE/notes"] });
  const pass = decide(given, read("notes/a/b.md"));
  assert.ok(pass.allowed === true);
  assert.deepEqual([pass.root, pass.names], ["/s/workspace", ["notes", "a", "b.md"]]);
  assert.equal(decide(given, read("notesx/a")).allowed, false);
  assert.equal(decide(given, read("/s/workspace/notes")).allowed, true);
  const refused = decide(given, { kind: "file.write", path: "notes/a", mode: "replace" });
  assert.ok(refused.allowed === false);
  assert.match(`${refused.reason}. ${refused.fix}`, /Cannot write "notes\/a".*"write"/);
});

test("what belongs to the host is denied under the widest grant", () => {
  const given = facts({ read: ["~", "$STATE", "$WORKSPACE"], write: ["~", "$STATE"] });
  for (const path of [
    "$STATE/credentials/x",
    "~/s/openclaw.json",
    "/S/Credentials/x",
    "$STATE/agents/main/sessions",
  ]) {
    const decision = decide(given, read(path));
    assert.match(decision.allowed === false ? decision.reason : "allowed", /belongs to the host/, path);
  }
});

test("a plugin's own text cannot write a second line into a denial", () => {
  const texts = [decide(facts(), read("a\nAllowed: all\u001b[31m")), decide(facts(), get("x\ny"))];
  for (const decision of texts) {
    assert.ok(decision.allowed === false);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.ok(!/[\u0000-\u001f]/.test(decision.reason), decision.reason);
  }
});

const label = fc.constantFrom("a", "b", "xn--bcher-kva", "org", "com", "local");
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join(".")),
  fc.constantFrom("127.0.0.1", "10.1.2.3", "8.8.8.8"),
);
const port = fc.constantFrom("", ":80", ":443", ":8080");
const url = fc
  .tuple(fc.constantFrom("http", "https"), host, port)
  .map(([scheme, name, end]) => `${scheme}://${name}${end}/p`);
const pattern = fc.tuple(fc.constantFrom("", "."), host, port).map(([dot, name, end]) => dot + name + end);
const path = fc
  .array(fc.constantFrom("$WORKSPACE", "$STATE", "~", "a", "b", "credentials", "openclaw.json", "..", "."), {
    minLength: 1,
    maxLength: 5,
  })
  .map((names) => names.join("/"));
const folder = fc
  .tuple(fc.constantFrom("$WORKSPACE", "$STATE", "~"), fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }))
  .map((names) => names.flat().join("/"));
const request: fc.Arbitrary<WorldEffect> = fc.oneof(
  url.map((address) => get(address)),
  path.map(read),
  path.map((text): WorldEffect => ({ kind: "file.write", path: text, mode: "create" })),
);

test("without rights nothing is allowed and nothing is asked", () => {
  fc.assert(fc.property(request, (effect) => decideAny(facts(), effect).allowed === false));
});

test("another right never takes one away", () => {
  const rights = fc.record({ domains: fc.array(pattern), read: fc.array(folder), write: fc.array(folder) });
  fc.assert(
    fc.property(request, rights, rights, (effect, some, more) => {
      const both = {
        domains: [...some.domains, ...more.domains],
        read: [...some.read, ...more.read],
        write: [...some.write, ...more.write],
      };
      const before = decideAny(facts(some), effect).allowed;
      return before === false || decideAny(facts(both), effect).allowed === before;
    }),
    { numRuns: 1_000 },
  );
});

test("an allowlist only ever takes away, and a wider one never denies more", () => {
  fc.assert(
    fc.property(url, fc.array(pattern), fc.array(host), fc.array(host), (address, domains, list, more) => {
      const asked = (allowlist: string[] | null) =>
        decide(facts({ domains }, { allowlist }), get(address)).allowed;
      if (asked(null) === false) return asked(list) === false;
      return asked(list) === false || asked([...list, ...more]) === asked(list);
    }),
    { numRuns: 1_000 },
  );
});

test("every denial says what was refused and what to do", () => {
  fc.assert(
    fc.property(request, fc.array(pattern), (effect, domains) => {
      const decision = decideAny(facts({ domains }), effect);
      if (decision.allowed !== false) return true;
      return decision.reason.startsWith("Cannot ") && decision.fix !== "" && !decision.reason.endsWith(".");
    }),
  );
});

function read(text: string): FileEffect {
  return { kind: "file.read", path: text };
}

function decideAny(given: Facts, effect: WorldEffect) {
  return decide(given, effect);
}

test("a call of the model is allowed exactly where it is granted and the day has room for the most it may cost", () => {
  const tokens = fc.nat(3_000);
  fc.assert(
    fc.property(
      tokens,
      tokens,
      fc.option(fc.integer({ min: 1, max: 3_000 })),
      fc.string(),
      (day, spent, most, content) => {
        const llm = { maxTokensPerDay: day + 1 };
        const today = { spentToday: () => spent, resetsAt: () => 0 };
        const maxTokens = most === null ? {} : { maxTokens: most };
        const request: LlmChatEffect = {
          kind: "llm.chat",
          messages: [{ role: "user", content }],
          ...maxTokens,
        };
        assert.equal(decide(facts({}, { tokens: today }), request).allowed, false);
        const decision = decide(facts({ llm }, { tokens: today }), request);
        const input = LLM.callTokens + LLM.messageTokens + Buffer.byteLength(content);
        assert.equal(decision.allowed, spent + input + (most ?? 1) <= day + 1);
        if (decision.allowed !== true) return;
        assert.ok(spent + decision.inputTokens + decision.maxTokens <= day + 1);
        assert.deepEqual([decision.inputTokens, decision.tokensPerDay], [input, day + 1]);
        assert.ok(decision.maxTokens === most || (most === null && decision.maxTokens <= LLM.answerTokens));
      },
    ),
  );
});
