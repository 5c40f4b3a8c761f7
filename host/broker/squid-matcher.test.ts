/**
 * A real Squid beside our own matcher: thousands of generated lists and hosts, and both must give one answer.
 *
 * Squid answers without going anywhere: a host that the chosen list has is redirected, any other is refused.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { matchHost, parseHost } from "#manifests/domains.ts";
import { isDstdomain, toDstdomain, withoutCovered } from "#manifests/dstdomain.ts";
import { isListed, parseAllowlist } from "./allowlist.ts";
import { squidIsMissing, startSquid, type Squid } from "./squid.fixture.ts";

interface Case {
  readonly list: number;
  /** As it stands in the request line. */
  readonly spelling: string;
  readonly method: "GET" | "CONNECT";
}

const LISTS = 300;
const HOSTS_PER_LIST = 22;
const AT_ONCE = 16;

/** Short labels of few letters: names that nearly match are what a matcher stumbles over. */
const label = fc.oneof(
  fc.constantFrom("a", "b", "x", "ab", "a-b", "a_b", "org", "com", "co", "xn--bcher-kva", "a1", "1a", "_a"),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z]$/),
);
const name = fc
  .array(label, { minLength: 1, maxLength: 5 })
  .map((labels) => labels.join("."))
  .filter((host) => isDstdomain(host));
const address = fc
  .oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("127.0.0.1", "10.0.0.1", "::1", "2001:db8::1"))
  .map((text) => toDstdomain(text) ?? "192.0.2.1");
const entry = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 4, arbitrary: name.map((host) => `.${host}`) },
  { weight: 1, arbitrary: address },
);
const list = fc.array(entry, { minLength: 1, maxLength: 8 }).map(withoutCovered);

/** Hosts in the neighbourhood of an entry: itself, above, below, and what only looks like it. */
function neighbours(line: string): fc.Arbitrary<string> {
  const host = line.replace(/^\./, "");
  return fc.oneof(
    fc.constant(host),
    label.map((part) => `${part}.${host}`),
    label.map((part) => `${part}${host}`),
    label.map((part) => `${host}.${part}`),
    fc.constant(host.slice(host.indexOf(".") + 1)),
    fc.constant(host.slice(1)),
    fc.constant(`${host}.`),
    fc.constant(host.toUpperCase()),
    name,
    address,
  );
}

function askSquid(squid: Squid, { list: number, spelling, method }: Case): Promise<boolean> {
  const target = method === "GET" ? `http://${spelling}/` : `${spelling}:443`;
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(squid.port, "127.0.0.1");
    socket.on("error", reject).on("close", () => reject(new Error(`no answer about ${spelling}: ${text}`)));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
      if (status === undefined) return;
      resolve(status === "302");
      socket.destroy();
    });
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${spelling}\r\nX-List: ${number}\r\n\r\n`);
  });
}

async function answers(squid: Squid, cases: readonly Case[]): Promise<boolean[]> {
  const results: boolean[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < cases.length; at = next++) {
      const one = cases[at];
      if (one !== undefined) results[at] = await askSquid(squid, one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function startWithLists(lists: readonly (readonly string[])[]): Promise<Squid> {
  return startSquid(({ port }) =>
    [
      `http_port 127.0.0.1:${port}`,
      "access_log none",
      "cache deny all",
      ...lists.flatMap((entries, number) => [
        `acl chosen${number} req_header X-List ^${number}$`,
        ...entries.map((line) => `acl list${number} dstdomain -n ${line}`),
        `deny_info 302:http://listed.test/ list${number}`,
        `http_access deny chosen${number} list${number}`,
      ]),
      "http_access deny all",
    ].join("\n"),
  );
}

function compare(lists: readonly (readonly string[])[], cases: readonly Case[], found: readonly boolean[]) {
  return cases.flatMap((one, at) => {
    const entries = lists[one.list] ?? [];
    const host = parseHost(one.spelling)?.host ?? "";
    const ours = entries.some((line) => matchHost(line, host));
    const listed = isListed(host, parseAllowlist(entries.join("\n")));
    return ours === found[at] && listed === found[at]
      ? []
      : [{ ...one, entries, squid: found[at], matchHost: ours, isListed: listed }];
  });
}

test("for generated lists and hosts the matcher answers as a real Squid does", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  const seed = Date.now() % 2 ** 31;
  const lists = fc.sample(list, { numRuns: LISTS, seed });
  const cases = lists.flatMap((entries, number) =>
    fc
      .sample(fc.constantFrom(...entries).chain(neighbours), { numRuns: HOSTS_PER_LIST, seed: seed + number })
      .filter((spelling) => parseHost(spelling) !== null)
      .map((spelling, at) => {
        const method = at % 2 === 0 ? ("GET" as const) : ("CONNECT" as const);
        return { list: number, spelling, method };
      }),
  );
  await using squid = await startWithLists(lists);
  const found = await answers(squid, cases);
  assert.ok(cases.length >= 3_000, `only ${cases.length} pairs`);
  const listed = found.filter(Boolean).length;
  assert.ok(
    listed > cases.length / 5 && listed < (cases.length * 4) / 5,
    `${listed} of ${cases.length} listed`,
  );
  assert.deepEqual(compare(lists, cases, found), [], `seed ${seed}`);
});

const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  "127.0.0.1": [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f000001",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.1.",
  ],
  "[::1]": ["[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[0::1]"],
  "10.0.0.1": ["10.0.0.1", "10.1", "0xa.1", "012.0.0.1", "[::ffff:10.0.0.1]", "[::FFFF:A00:1]"],
  "[2001:db8::a]": ["[2001:db8::a]", "[2001:DB8:0::A]", "[2001:0db8:0:0:0:0:0:000a]"],
  "xn--bcher-kva.example": ["xn--bcher-kva.example", "XN--BCHER-KVA.example."],
  ".example.org": ["example.org", "EXAMPLE.org.", "a.Example.Org", "example.org.evil.test", "notexample.org"],
  "api.example.net": [
    "api.example.net",
    "API.EXAMPLE.NET.",
    "v2.api.example.net",
    "example.net",
    "api.example.net.x.test",
  ],
};

test("every spelling of a host is the same host for both", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  const lists = Object.keys(SPELLINGS).map((line) => [line]);
  const spellings = Object.values(SPELLINGS).flat();
  const cases = lists.flatMap((_entries, number) =>
    spellings.flatMap((spelling) =>
      (["GET", "CONNECT"] as const).map((method) => ({ list: number, spelling, method })),
    ),
  );
  await using squid = await startWithLists(lists);
  assert.deepEqual(compare(lists, cases, await answers(squid, cases)), []);
});

test("what a browser would take for a host reaches Squid as the name that was decided", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  const written = [
    "bücher.example",
    "BÜCHER.example",
    "ｅｘａｍｐｌｅ.org",
    "ⓔxample.org",
    "１２７.0.0.1",
    "127。0。0。1",
  ];
  const lists = Object.keys(SPELLINGS).map((line) => [line]);
  const cases = lists.flatMap((_entries, number) =>
    written.map((text) => {
      const sent = new URL(`http://${text}/`).hostname;
      return { list: number, spelling: sent, method: "GET" as const };
    }),
  );
  await using squid = await startWithLists(lists);
  const found = await answers(squid, cases);
  assert.deepEqual(compare(lists, cases, found), []);
  assert.equal(found.filter(Boolean).length, written.length);
});

test("an entry that Squid would read otherwise than it looks is refused, with what to write", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  // [entry, host, whether Squid lets it through, what the refusal says]
  const traps: [string, string, boolean, RegExp][] = [
    [".0.0.1", "127.0.0.1", true, /one host a line/],
    ["x.org.", "x.org", false, /Write "x\.org"/],
    ["::1", "[::1]", false, /Write "\[::1\]"/],
    ["[::ffff:7f00:1]", "127.0.0.1", false, /Write "127\.0\.0\.1"/],
    ["bücher.example", "xn--bcher-kva.example", false, /Write "xn--bcher-kva\.example"/],
    ["127.1", "127.0.0.1", false, /Write "127\.0\.0\.1"/],
    ["[::]", "[::]", false, /one host a line/],
  ];
  await using squid = await startWithLists(traps.map(([line]) => [line]));
  for (const [number, [line, host, isLetThrough, fix]] of traps.entries()) {
    assert.equal(await askSquid(squid, { list: number, spelling: host, method: "GET" }), isLetThrough, line);
    assert.throws(
      () => parseAllowlist(line),
      (error: { fix?: string }) => fix.test(error.fix ?? ""),
      line,
    );
  }
});
