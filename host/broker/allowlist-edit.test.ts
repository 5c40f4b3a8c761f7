import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { addToAllowlist, removeFromAllowlist } from "./allowlist-edit.ts";

const LIST = "# Telegram\napi.telegram.org\n\n# example\nA.Example.org\nb.example.org\n# .later.org\n";

function refusal(act: () => unknown): HostError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof HostError) return thrown;
  }
  throw new Error("it was not refused");
}

test("what is added stands at the end, and all else stays as it was", () => {
  const { text, added } = addToAllowlist(LIST, ["New.org", ".other.org"]);
  assert.equal(text, `${LIST}new.org\n.other.org\n`);
  assert.deepEqual(added, ["new.org", ".other.org"]);
  assert.equal(addToAllowlist("", ["x.org"]).text, "x.org\n");
  assert.equal(addToAllowlist("# no newline", ["x.org"]).text, "# no newline\nx.org\n");
});

test("entries that a wider one covers leave the list, comments stay", () => {
  const { text, removed } = addToAllowlist(LIST, [".example.org"]);
  assert.equal(text, "# Telegram\napi.telegram.org\n\n# example\n# .later.org\n.example.org\n");
  assert.deepEqual(removed, ["a.example.org", "b.example.org"]);
  const both = addToAllowlist("", ["a.x.org", ".x.org"]);
  assert.deepEqual([both.text, both.added, both.removed], [".x.org\n", [".x.org"], []]);
});

test("what is covered already is not added a second time, and one refusal adds nothing", () => {
  assert.match(refusal(() => addToAllowlist(LIST, ["API.telegram.org"])).message, /on the allowlist already/);
  assert.match(refusal(() => addToAllowlist(".x.org\n", ["a.x.org"])).message, /"\.x\.org" .* covers it/);
  assert.match(refusal(() => addToAllowlist(".x.org\n", ["y.org", "x.org"])).message, /Cannot add "x\.org"/);
  // Only an entry for all below covers all below.
  assert.equal(addToAllowlist("x.org\n", [".x.org"]).text, ".x.org\n");
});

test("what is no dstdomain is refused, with what was meant", () => {
  const meant: [string, RegExp][] = [
    ["https://x.org/path", /Write "x\.org"/],
    ["x.org:443", /Write "x\.org"/],
    ["*.x.org", /Write "\.x\.org"/],
    [".0.0.1", /Write "api\.example\.org"/],
    ["a b.org", /Write "api/],
    ["x.org\n.evil.org", /Write "api/],
    ["#x.org", /Write "api/],
    ["", /Write "api/],
  ];
  for (const [domain, fix] of meant) {
    const error = refusal(() => addToAllowlist(LIST, [domain]));
    assert.match(error.fix ?? "", fix, domain);
    assert.equal(error.code, "request.invalid");
  }
});

test("an entry is removed by its name, whatever its letters; what only covers it is named", () => {
  assert.equal(removeFromAllowlist(LIST, "a.EXAMPLE.org").text, LIST.replace("A.Example.org\n", ""));
  assert.match(refusal(() => removeFromAllowlist(".x.org\n", "a.x.org")).fix ?? "", /"\.x\.org" covers it/);
  assert.match(refusal(() => removeFromAllowlist(LIST, ".later.org")).message, /not on the allowlist/);
});

test("a list that cannot be read is not changed", () => {
  assert.match(refusal(() => addToAllowlist("x.org # why\n", ["y.org"])).message, /line 1/);
});
