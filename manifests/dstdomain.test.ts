import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { entryContains, entryCovers, isDstdomain, toDstdomain, withoutCovered } from "./dstdomain.ts";

test("an entry has one spelling, and what Squid matches otherwise than it reads has none", () => {
  const spellings: [string, string | null][] = [
    ["API.Example.org", "api.example.org"],
    ["x.org.", "x.org"],
    [".Bücher.example", ".xn--bcher-kva.example"],
    ["::1", "[::1]"],
    ["[::ffff:10.0.0.1]", "10.0.0.1"],
    ["127.1", "127.0.0.1"],
    [".127.0.0.1", null],
    [".0.0.1", null],
    [".1", null],
    ["0.0.0.0", null],
    ["[::]", null],
    ["[::102:304]", null],
    ["x.org:443", null],
    ["x.org/", null],
    ["x%2eorg", null],
    ["..x.org", null],
    ["*.x.org", null],
    ["x.org y.org", null],
    [".", null],
    ["", null],
  ];
  for (const [written, entry] of spellings) assert.equal(toDstdomain(written), entry, written);
  assert.ok(isDstdomain("X.org"));
  assert.ok(!isDstdomain("x.org."));
});

const label = fc.constantFrom("a", "b", "x-y", "org");
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const entry = fc.oneof(
  name,
  name.map((host) => `.${host}`),
);

test("one entry contains another exactly if it covers every host that the other covers", () => {
  fc.assert(
    fc.property(entry, entry, name, (wide, narrow, host) => {
      const bare = narrow.replace(/^\./, "");
      const probes = [
        bare,
        host,
        ...(narrow.startsWith(".") ? [`never-named.${bare}`, `${host}.${bare}`] : []),
      ];
      const covered = probes.filter((probe) => entryCovers(narrow, probe));
      return entryContains(wide, narrow) === covered.every((probe) => entryCovers(wide, probe));
    }),
  );
});

test("what is left without covered entries covers the same hosts, and none of it covers another", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), name, (entries, host) => {
      const kept = withoutCovered(entries);
      const covers = (list: readonly string[]) => list.some((one) => entryCovers(one, host));
      assert.equal(covers(kept), covers(entries));
      for (const one of kept)
        for (const other of kept) assert.ok(one === other || !entryContains(one, other), `${one} ${other}`);
    }),
  );
});
