/** URL standard, sections 5 and 6: the class URL beyond its parser, URLSearchParams, the urlencoded format. */
import { is, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const list = (params: URLSearchParams) => [...params];

test("it is made from text, with or without a question mark", () => {
  same(list(new URLSearchParams("?a=1&b=2&a=3")), [
    ["a", "1"],
    ["b", "2"],
    ["a", "3"],
  ]);
  same(list(new URLSearchParams("a=b=c&&d&=e&")), [
    ["a", "b=c"],
    ["d", ""],
    ["", "e"],
  ]);
  same(list(new URLSearchParams("")), []);
  same(list(new URLSearchParams()), []);
  same(list(new URLSearchParams(untyped(undefined))), []);
  same(list(new URLSearchParams(untyped(null))), [["null", ""]]);
});

test("it is made from pairs, records, other params and FormData's like", () => {
  same(
    list(
      new URLSearchParams([
        ["a", "1"],
        ["a", "2"],
      ]),
    ),
    [
      ["a", "1"],
      ["a", "2"],
    ],
  );
  same(list(new URLSearchParams({ a: "1", b: "2" })), [
    ["a", "1"],
    ["b", "2"],
  ]);
  same(list(new URLSearchParams(new URLSearchParams("x=y"))), [["x", "y"]]);
  same(list(new URLSearchParams(untyped(new Map([["m", "n"]])))), [["m", "n"]]);
  same(list(new URLSearchParams(untyped({ "\uD835x": "1", "\uFFFDx": "2" }))), [["\uFFFDx", "2"]]);
});

test("pairs of another length and what cannot be iterated are refused", () => {
  throws(TypeError, () => new URLSearchParams(untyped([["a"]])));
  throws(TypeError, () => new URLSearchParams(untyped([["a", "b", "c"]])));
  throws(TypeError, () => new URLSearchParams(untyped([1])));
  throws(TypeError, () => new URLSearchParams(untyped({ [Symbol.iterator]: 1 })));
  throws(TypeError, () => new URLSearchParams(untyped(Symbol("a"))));
});

test("plus is a space, percent signs are decoded as UTF-8, with replacement and with its mark", () => {
  is(new URLSearchParams("a=b+c%20d").get("a"), "b c d");
  is(new URLSearchParams("a=%e2%82%ac").get("a"), "\u20ac");
  is(new URLSearchParams("a=%ff%").get("a"), "\ufffd%");
  is(new URLSearchParams("a=%EF%BB%BFb").get("a"), "\ufeffb");
  is(new URLSearchParams("%zz=%4").toString(), "%25zz=%254");
});

test("it is written with its own set of characters", () => {
  const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join("");
  const written = new URLSearchParams([["a", all]]).toString().slice(2);
  same(written.match(/%[0-9A-F]{2}/g)?.length, 128 - 62 - 5);
  is(written.replace(/%[0-9A-F]{2}/g, "").replace(/[0-9A-Za-z]/g, ""), "+*-._");
  is(new URLSearchParams([["\u{1f600}", "\ud800"]]).toString(), "%F0%9F%98%80=%EF%BF%BD");
});

test("append, set, get, getAll, has, delete", () => {
  const params = new URLSearchParams("a=1&b=2&a=3");
  same(
    [params.get("a"), params.getAll("a"), params.get("z"), params.getAll("z")],
    ["1", ["1", "3"], null, []],
  );
  params.append("a", untyped(null));
  params.set("b", "x");
  is(params.toString(), "a=1&b=x&a=3&a=null");
  params.set("a", "only");
  params.set("new", "n");
  is(params.toString(), "a=only&b=x&new=n");
  same([params.has("a"), params.has("z"), params.size], [true, false, 3]);
  params.delete("b");
  is(params.toString(), "a=only&new=n");
});

test("has and delete look at the value too, if one is given", () => {
  const params = new URLSearchParams("a=b&a=d&c&e&");
  same(
    [params.has("a", "b"), params.has("a", "c"), params.has("a", "d"), params.has("e", "")],
    [true, false, true, true],
  );
  is(params.has("a", untyped(undefined)), true);
  params.delete("a", "b");
  params.delete("c", untyped(undefined));
  is(params.toString(), "a=d&e=");
});

test("sort is by code units and stable", () => {
  const params = new URLSearchParams("z=b&a=b&z=a&a=a&\ufb03&\u{1f308}");
  params.sort();
  same([...params.keys()], ["a", "a", "z", "z", "\u{1f308}", "\ufb03"]);
  same(params.getAll("z"), ["b", "a"]);
});

test("iteration is live", () => {
  const params = new URLSearchParams("a=1&b=2&c=3");
  const seen: string[] = [];
  for (const [name] of params) {
    seen.push(name);
    if (name === "a") params.delete("b");
  }
  same(seen, ["a", "c"]);
});

test("its iterators have their own prototype", () => {
  const iterator = new URLSearchParams("a=1").entries();
  is(Object.prototype.toString.call(iterator), "[object URLSearchParams Iterator]");
  is(iterator[Symbol.iterator](), iterator);
  const prototype = Object.getPrototypeOf(iterator) as { next: () => unknown };
  is(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), Object.getPrototypeOf(prototype));
  same(Object.getOwnPropertyDescriptor(prototype, "next")?.enumerable, true);
  throws(TypeError, () => prototype.next.call({}));
  same([...new URLSearchParams("a=1").values()], ["1"]);
  is(URLSearchParams.prototype[Symbol.iterator], URLSearchParams.prototype.entries);
});

test("forEach gives value, name and the object, with a this", () => {
  const params = new URLSearchParams("a=1");
  const self = {};
  const seen: unknown[] = [];
  params.forEach(function (this: unknown, value, name, whole) {
    seen.push(this === self, value, name, whole === params);
  }, self);
  same(seen, [true, "1", "a", true]);
  throws(TypeError, () => params.forEach(untyped(1)));
});

test("arguments that are missing throw", () => {
  const params = new URLSearchParams();
  for (const [name, args] of [
    ["append", ["a"]],
    ["set", ["a"]],
    ["get", []],
    ["has", []],
    ["delete", []],
  ] as const) {
    throws(TypeError, () => Reflect.apply(params[name] as () => void, params, args));
  }
});

test("the params of a URL write to it, and follow it", () => {
  const url = new URL("https://a.example/?b=1#h");
  const { searchParams } = url;
  is(url.searchParams, searchParams);
  searchParams.append("c", "2 3");
  is(url.href, "https://a.example/?b=1&c=2+3#h");
  url.search = "?x=y";
  same(list(searchParams), [["x", "y"]]);
  searchParams.delete("x");
  same([url.href, url.search], ["https://a.example/#h", ""]);
  url.href = "https://b.example/?q";
  same(list(searchParams), [["q", ""]]);
});

test("URL: base, canParse, parse, toString, toJSON", () => {
  is(new URL("b", "https://x.example/a/").href, "https://x.example/a/b");
  is(new URL("b", untyped(new URL("https://x.example/a/"))).href, "https://x.example/a/b");
  same(
    [URL.canParse("b"), URL.canParse("b", "https://x.example"), URL.canParse("https://")],
    [false, true, false],
  );
  same([URL.parse("b"), URL.parse("https://a.example")?.href], [null, "https://a.example/"]);
  const url = new URL("https://a.example");
  same([String(url), JSON.stringify({ url })], ["https://a.example/", '{"url":"https://a.example/"}']);
  throws(TypeError, () => new URL("b"));
  throws(TypeError, () => new URL(...(untyped([]) as [string])));
  throws(TypeError, () => new URL("a", untyped("")));
});

test("URL: origin has no setter; a wrong href throws and changes nothing", () => {
  const url = new URL("https://a.example/");
  throws(TypeError, () =>
    Reflect.apply(
      () => {
        "use strict";
        (url as { origin: string }).origin = "x";
      },
      null,
      [],
    ),
  );
  throws(TypeError, () => {
    url.href = "nonsense";
  });
  is(url.href, "https://a.example/");
});

test("URL: host names of other scripts, by UTS 46", () => {
  same(
    [
      "https://b\u00fccher.example",
      "https://fa\u00df.de",
      "https://\u2603.net",
      "https://xn--mgba3gch31f060k.com",
      "https://EXAMPLE\u3002com",
    ].map((url) => new URL(url).host),
    ["xn--bcher-kva.example", "xn--fa-hia.de", "xn--n3h.net", "xn--mgba3gch31f060k.com", "example.com"],
  );
  same(
    ["https://a%2fb.example", "https://a\u00adb", "https://\u00ad", "https://a%00b"].map((url) =>
      URL.canParse(url),
    ),
    [false, true, false, false],
  );
});

test("URL: blob addresses are made, and can be taken back", async () => {
  const url = URL.createObjectURL(new Blob(["text"], { type: "text/plain" }));
  is(url.startsWith("blob:"), true);
  const response = await fetch(url);
  same([await response.text(), response.headers.get("content-type")], ["text", "text/plain"]);
  URL.revokeObjectURL(url);
  const error = await fetch(url).catch((thrown: Error) => thrown);
  is((error as Error).name, "TypeError");
  throws(TypeError, () => URL.createObjectURL(untyped({})));
});
