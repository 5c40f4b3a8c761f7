import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Permissions } from "#manifests/permissions.ts";
import { rightLines } from "#manifests/rights.ts";
import { decideUse, requestHashOf, requestLines } from "./permission-request.ts";
import type { GrantRecord } from "./records.ts";
import type { PluginVersion } from "./version.ts";

function versionOf(permissions: Permissions | undefined, sourceHash = "source"): PluginVersion {
  const manifest = { id: "x", configSchema: {}, ...(permissions === undefined ? {} : { permissions }) };
  const none = { bundleHash: null, description: null, skill: null, provenance: null, files: {} };
  return { manifest, sourceHash, fingerprint: "", toolchain: "", ...none };
}

const domain: fc.Arbitrary<string> = fc.constantFrom("a.org", ".a.org", "b.org", "ask");
const permissions: fc.Arbitrary<Permissions> = fc.record({
  domains: fc.uniqueArray(domain),
  paths: fc.record({
    read: fc.uniqueArray(fc.constantFrom<string[]>("$WORKSPACE", "~") as fc.Arbitrary<string>),
  }),
  wasm: fc.boolean(),
});
const origin = fc.constantFrom("builtin" as const, "dropped" as const, "installed" as const);
const decision = fc.constantFrom("granted" as const, "denied" as const);

function answerTo(
  version: PluginVersion,
  from: "builtin" | "dropped" | "installed",
  given: GrantRecord["decision"],
): GrantRecord {
  return {
    pluginId: "x",
    requestHash: requestHashOf(from, version),
    decision: given,
    permissions: {},
    decidedAt: 0,
  };
}

test("without an answer to exactly its request, nothing that asks for rights is used", () => {
  fc.assert(
    fc.property(origin, permissions, permissions, decision, (from, asked, other, given) => {
      const version = versionOf(asked);
      fc.pre(rightLines(asked).length > 0);
      fc.pre(requestHashOf(from, version) !== requestHashOf(from, versionOf(other)));
      const grants = [answerTo(versionOf(other), from, given)];
      assert.equal(decideUse({ origin: from, version, grants, release: undefined }).may, "wait");
    }),
  );
});

test("what asks for nothing is used and holds nothing, whatever was granted", () => {
  fc.assert(
    fc.property(origin, permissions, (from, release) => {
      const version = versionOf({ limits: { heapMiB: 8 } });
      const use = decideUse({ origin: from, version, grants: [answerTo(version, from, "granted")], release });
      assert.ok(use.may === "use");
      assert.deepEqual([use.rights.domains, use.rights.read, use.rights.wasm], [[], [], false]);
    }),
  );
});

test("a built-in plugin never holds what the release does not grant, unless the owner does", () => {
  fc.assert(
    fc.property(permissions, permissions, (asked, release) => {
      fc.pre(rightLines(asked).length > 0);
      const use = decideUse({ origin: "builtin", version: versionOf(asked), grants: [], release });
      assert.ok(use.may === "use");
      assert.ok(use.rights.domains.every((one) => release.domains?.includes(one)));
      assert.ok(!use.rights.wasm || release.wasm === true);
    }),
  );
});

test("other code of a dropped-in plugin is another request; of an installed one, which is pinned, it is not", () => {
  const asked = { domains: ["a.org"] };
  const [one, other] = [versionOf(asked, "one"), versionOf(asked, "other")];
  assert.notEqual(requestHashOf("dropped", one), requestHashOf("dropped", other));
  assert.equal(requestHashOf("installed", one), requestHashOf("installed", other));
  assert.notEqual(requestHashOf("installed", one), requestHashOf("dropped", one));
});

test("a no is a no, for a built-in plugin too", () => {
  const version = versionOf({ domains: ["a.org"] });
  const release = { domains: ["a.org"] };
  const grants = [answerTo(version, "builtin", "denied")];
  assert.equal(decideUse({ origin: "builtin", version, grants, release }).may, "not");
});

test("a file's name adds no line to what the owner reads", () => {
  const asked = { domains: ["a.org"] };
  const serving = { ...versionOf(asked, "before"), files: { "main.ts": "1" } };
  const changed = { ...versionOf(asked), files: { "main.ts": "1", "x\n- domain a.org\u202e": "2" } };
  assert.deepEqual(requestLines(changed, serving), ["domain a.org", "added x\\u000a- domain a.org\\u202e"]);
});
