/** URL Pattern standard: constructor strings, dictionaries, the pattern syntax, matching. */
import { is, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

interface Init {
  readonly [part: string]: string | undefined;
}
interface Result {
  readonly inputs: readonly unknown[];
  readonly [part: string]: unknown;
}
interface Pattern {
  readonly [part: string]: unknown;
  readonly hasRegExpGroups: boolean;
  test(input?: string | Init, base?: string): boolean;
  exec(input?: string | Init, base?: string): Result | null;
}
const PatternClass = Reflect.get(globalThis, "URLPattern") as unknown as {
  new (input?: string | Init, base?: string | object, options?: object): Pattern;
};
const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const partsOf = (pattern: Pattern) => PARTS.map((part) => pattern[part]);
const groupsOf = (result: Result | null, part: string) =>
  (result?.[part] as { groups: object } | undefined)?.groups;

test("without arguments everything matches", () => {
  const pattern = new PatternClass();
  same(
    partsOf(pattern),
    Array.from({ length: 8 }, () => "*"),
  );
  same([pattern.test("https://a.example/b"), pattern.test({}), pattern.hasRegExpGroups], [true, true, false]);
});

test("a constructor string is cut into its parts", () => {
  const pattern = new PatternClass("https://*.example.com:8080/books/:id\\?q=*#top");
  same(partsOf(pattern), ["https", "*", "*", "*.example.com", "8080", "/books/:id", "q=*", "top"]);
});

test("parts that come before the first given one are empty or default, those after it are wild", () => {
  same(partsOf(new PatternClass("https://example.com/a")), [
    "https",
    "*",
    "*",
    "example.com",
    "",
    "/a",
    "*",
    "*",
  ]);
  same(partsOf(new PatternClass({ pathname: "/a" })), ["*", "*", "*", "*", "*", "/a", "*", "*"]);
  same(partsOf(new PatternClass("data\\:foobar")), ["data", "*", "*", "", "", "foobar", "*", "*"]);
});

test("a relative string needs a base, and takes from it what it does not say", () => {
  throws(TypeError, () => new PatternClass("/foo"));
  const pattern = new PatternClass("/foo/:id", "https://example.com/x?q#h");
  same(partsOf(pattern), ["https", "*", "*", "example.com", "", "/foo/:id", "*", "*"]);
  is(new PatternClass({ pathname: "b", baseURL: "https://example.com/a/c" }).pathname, "/a/b");
  throws(TypeError, () => new PatternClass({ pathname: "/a" }, "https://example.com"));
  throws(TypeError, () => new PatternClass("/a", "no base"));
});

test("named groups, modifiers and wildcards match and are read out", () => {
  const cases: readonly [string, string, object | null][] = [
    ["/a/:id", "/a/1", { id: "1" }],
    ["/a/:id", "/a/1/2", null],
    ["/a/:id?", "/a", { id: undefined }],
    ["/a/:id*", "/a", { id: undefined }],
    ["/a/:id*", "/a/1/2", { id: "1/2" }],
    ["/a/:id+", "/a", null],
    ["/a/:id+", "/a/1/2", { id: "1/2" }],
    ["/a/*", "/a/1/2", { 0: "1/2" }],
    ["/a/*", "/a/", { 0: "" }],
    ["/a/*", "/a", null],
    ["/a/:id(\\d+)", "/a/12", { id: "12" }],
    ["/a/:id(\\d+)", "/a/x", null],
    ["/a/(\\d+)-(\\d+)", "/a/1-2", { 0: "1", 1: "2" }],
    ["/a{/b}?", "/a", {}],
    ["/a{/b}?", "/a/b", {}],
    ["/a{/:b/c}*", "/a/x/c/y/c", { b: "x/c/y" }],
    ["/:a-:b", "/x-y", { a: "x", b: "y" }],
    ["/\\:a", "/:a", {}],
    ["/{a}b", "/ab", {}],
  ];
  for (const [pathname, input, groups] of cases) {
    const result = new PatternClass({ pathname }).exec({ pathname: input });
    same(
      groupsOf(result, "pathname") ?? null,
      groups === null ? null : Object.assign({}, groups),
      `${pathname} on ${input}`,
    );
  }
});

test("exec answers inputs, and input and groups of each part", () => {
  const result = new PatternClass({ hostname: "*.example.com" }).exec("https://a.b.example.com/p?q#h");
  same(result?.inputs, ["https://a.b.example.com/p?q#h"]);
  const part = (name: string) => result?.[name] as { input: string };
  same(
    PARTS.map((name) => part(name).input),
    ["https", "", "", "a.b.example.com", "", "/p", "q", "h"],
  );
  same({ ...groupsOf(result, "hostname") }, { 0: "a.b" });
  is(new PatternClass({ hostname: "x.example" }).exec("https://y.example"), null);
});

test("patterns are written in their shortest form", () => {
  const cases: readonly [Init, string, string][] = [
    [{ pathname: "/{a}" }, "pathname", "/a"],
    [{ pathname: "/(.*)" }, "pathname", "/*"],
    [{ pathname: "/caf\u00e9" }, "pathname", "/caf%C3%A9"],
    [{ pathname: "/a/../b" }, "pathname", "/b"],
    [{ protocol: "http", port: "80" }, "port", ""],
    [{ search: "?a" }, "search", "a"],
    [{ hash: "#a" }, "hash", "a"],
    [{ protocol: "https:" }, "protocol", "https"],
    [{ hostname: "b\u00fccher.example" }, "hostname", "xn--bcher-kva.example"],
    [{ username: "\u00e9" }, "username", "%C3%A9"],
  ];
  for (const [init, part, expected] of cases)
    is(new PatternClass(init)[part], expected, JSON.stringify(init));
});

test("hasRegExpGroups tells of expressions, not of names or wildcards", () => {
  same(
    [{ pathname: "/a/:b" }, { pathname: "/*" }, { pathname: "/:a(x|y)" }, { hostname: "(a|b).c" }].map(
      (init) => new PatternClass(init).hasRegExpGroups,
    ),
    [false, false, true, true],
  );
});

test("ignoreCase is for the path, query and fragment", () => {
  const pattern = new PatternClass({ pathname: "/Foo" }, { ignoreCase: true });
  same(
    [pattern.test({ pathname: "/fOO" }), new PatternClass({ pathname: "/Foo" }).test({ pathname: "/foo" })],
    [true, false],
  );
  is(new PatternClass("https://a.example/X", { ignoreCase: true }).test("https://a.example/x"), true);
});

test("expressions have the v flag's sets", () => {
  is(new PatternClass({ pathname: "/([[a-z]--a])" }).test({ pathname: "/b" }), true);
});

test("what is no pattern is refused", () => {
  for (const init of [
    { pathname: "/(" },
    { pathname: "/(?:a)" },
    { pathname: "/:a/:a" },
    { pathname: "/{a" },
    { pathname: "/(\u00e9)" },
    { hostname: "bad hostname" },
    { pathname: "/a}" },
    { pathname: "*?*?+" },
  ]) {
    throws(TypeError, () => new PatternClass(init));
  }
  throws(TypeError, () => new PatternClass(untyped(1), untyped({}), untyped({})));
});

test("an input that is no URL does not match; a base with a dictionary is refused", () => {
  const pattern = new PatternClass({ pathname: "/a" });
  same(
    [pattern.test("nonsense"), pattern.exec("nonsense"), pattern.test("/a", "https://x.example")],
    [false, null, true],
  );
  throws(TypeError, () => pattern.test({ pathname: "/a" }, "https://x.example"));
});

test("ports, IPv6 hosts and special schemes", () => {
  is(new PatternClass("https://[\\:\\:1]/*").test("https://[::1]/x"), true);
  is(new PatternClass({ port: "8(.*)" }).test("https://a.example:8080/"), true);
  is(new PatternClass("https://a.example:443/").port, "");
  is(new PatternClass("http{s}?://a.example/*").test("http://a.example/b"), true);
});

test("what ends a host or a port ends its pattern, and names may have any character of an identifier", () => {
  for (const hostname of ["a.example#b", "a.example/b", "a.ex\nample"]) {
    is(new PatternClass({ hostname }).test({ hostname: "a.example" }), true, JSON.stringify(hostname));
  }
  is(new PatternClass({ port: "80 " }).test({ port: "80" }), true);
  for (const port of ["80x", "8\t0"]) is(new PatternClass({ port: "80" }).test({ port }), true, port);
  throws(TypeError, () => new PatternClass({ port: "99999" }));
  const named = new PatternClass({ pathname: "/:a\u{10450}b" }).exec({ pathname: "/x" });
  same(Object.entries((named?.["pathname"] as { groups?: object } | undefined)?.groups ?? {}), [
    ["a\u{10450}b", "x"],
  ]);
  is(new PatternClass({ protocol: "wss", port: "443" }).port, "");
});
