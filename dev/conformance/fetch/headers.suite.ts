/** Fetch standard, section 5.1: Headers. */
import { is, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

test("it is made from records, pairs and other headers", () => {
  same(
    [...new Headers({ B: "2", a: "1" })],
    [
      ["a", "1"],
      ["b", "2"],
    ],
  );
  same(
    [
      ...new Headers([
        ["a", "1"],
        ["A", "2"],
      ]),
    ],
    [["a", "1, 2"]],
  );
  same([...new Headers(new Headers({ x: "y" }))], [["x", "y"]]);
  same([...new Headers(untyped(new Map([["m", "n"]])))], [["m", "n"]]);
  same([...new Headers()], []);
  same([...new Headers(undefined)], []);
  for (const init of [null, 1, "text", [["a"]], [["a", "b", "c"]], ["ab"]])
    throws(TypeError, () => new Headers(untyped(init)));
});

test("names are compared without case, values lose the spaces around them", () => {
  const headers = new Headers({ "Content-Type": " \t text/html\t " });
  same(
    [headers.get("content-TYPE"), headers.has("CONTENT-type"), headers.get("other")],
    ["text/html", true, null],
  );
});

test("append joins, set replaces, delete takes away", () => {
  const headers = new Headers();
  headers.append("a", "1");
  headers.append("A", "2");
  is(headers.get("a"), "1, 2");
  headers.set("a", "3");
  is(headers.get("a"), "3");
  headers.delete("A");
  is(headers.has("a"), false);
});

test("names and values that HTTP does not allow are refused", () => {
  const headers = new Headers();
  for (const name of ["", "a b", "a:", "\u00e9", "a\n", "\u0100", "(", "\0"]) {
    throws(TypeError, () => headers.append(name, "x"));
    throws(TypeError, () => headers.get(name));
    throws(TypeError, () => headers.has(name));
    throws(TypeError, () => headers.delete(name));
  }
  for (const value of ["a\0", "a\nb", "a\rb", "\u0100"]) throws(TypeError, () => headers.set("x", value));
  headers.set("x", "\u00ff\t\u0001");
  is(headers.get("x"), "\u00ff\t\u0001");
});

test("arguments that are missing are refused", () => {
  const headers = new Headers();
  for (const [name, args] of [
    ["append", ["a"]],
    ["set", ["a"]],
    ["get", []],
    ["has", []],
    ["delete", []],
    ["forEach", []],
  ] as const) {
    throws(TypeError, () => Reflect.apply(headers[name] as () => void, headers, args));
  }
  throws(TypeError, () => headers.forEach(untyped(1)));
});

test("iteration is sorted, and each Set-Cookie stands by itself", () => {
  const headers = new Headers([
    ["z", "1"],
    ["Set-Cookie", "a=1"],
    ["b", "2"],
    ["set-cookie", "b=2"],
  ]);
  same(
    [...headers],
    [
      ["b", "2"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["z", "1"],
    ],
  );
  same([headers.getSetCookie(), headers.get("set-cookie")], [["a=1", "b=2"], "a=1, b=2"]);
  same(new Headers().getSetCookie(), []);
  headers.set("set-cookie", "c=3");
  same(headers.getSetCookie(), ["c=3"]);
  headers.delete("Set-Cookie");
  same(headers.getSetCookie(), []);
});

test("keys, values, entries and forEach agree", () => {
  const headers = new Headers({ b: "2", a: "1" });
  same(
    [[...headers.keys()], [...headers.values()], [...headers.entries()]],
    [
      ["a", "b"],
      ["1", "2"],
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
  );
  const seen: unknown[] = [];
  headers.forEach((value, name, whole) => seen.push(value, name, whole === headers));
  same(seen, ["1", "a", true, "2", "b", true]);
  is(Object.prototype.toString.call(headers.entries()), "[object Headers Iterator]");
  is(Headers.prototype[Symbol.iterator], Headers.prototype.entries);
});

test("iteration is live", () => {
  const headers = new Headers({ a: "1", b: "2", c: "3" });
  const seen: string[] = [];
  for (const [name] of headers) {
    seen.push(name);
    headers.delete("b");
  }
  same(seen, ["a", "c"]);
});

test("records are read by their own enumerable names, and symbols refused", () => {
  throws(TypeError, () => new Headers(untyped({ [Symbol("a")]: "1" })));
  const init = Object.create(
    { inherited: "1" },
    { hidden: { value: "2" }, a: { value: "3", enumerable: true } },
  ) as object;
  same([...new Headers(untyped(init))], [["a", "3"]]);
});

test("the headers of what was fetched or made as an error cannot be changed", () => {
  const { headers } = Response.error();
  throws(TypeError, () => headers.set("a", "1"));
  throws(TypeError, () => headers.append("a", "1"));
  throws(TypeError, () => headers.delete("a"));
  throws(TypeError, () => Response.redirect("https://a.example").headers.set("a", "1"));
});

test("a value is any text, an array becomes one", () => {
  is(new Headers(untyped({ a: ["x", "y"] })).get("a"), "x,y");
  is(new Headers(untyped({ a: null })).get("a"), "null");
  is(new Headers({ a: "" }).get("a"), "");
});
