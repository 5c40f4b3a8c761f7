/** Fetch standard, section 5.4: Request. */
import { is, ok, rejects, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const URL_ = "https://a.example/p?q#h";

test("a request has its defaults", () => {
  const request = new Request(URL_);
  same(
    [request.method, request.url, [...request.headers], request.body, request.bodyUsed],
    ["GET", URL_, [], null, false],
  );
  same(
    [request.redirect, request.integrity, request.keepalive, request.destination],
    ["follow", "", false, ""],
  );
  same([request.cache, request.credentials, request.mode], ["default", "same-origin", "cors"]);
  ok(request.signal instanceof AbortSignal && !request.signal.aborted);
  same(
    [request.referrer, request.referrerPolicy, Reflect.get(request, "duplex")],
    ["about:client", "", "half"],
  );
});

test("the address is parsed, and may hold no credentials", () => {
  is(new Request(untyped(new URL("https://A.example"))).url, "https://a.example/");
  throws(TypeError, () => new Request("https://u:p@a.example/"));
  throws(TypeError, () => new Request("https://["));
  throws(TypeError, () => Reflect.construct(Request, []));
});

test("methods are normalised as the standard lists, others stay; forbidden ones are refused", () => {
  const methodOf = (method: string) => new Request(URL_, { method }).method;
  same(["get", "post", "pUt", "delete", "head", "options", "patch", "Custom"].map(methodOf), [
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "patch",
    "Custom",
  ]);
  for (const method of ["", "a b", "CONNECT", "trace", "TRACK", "\u00e9"])
    throws(TypeError, () => methodOf(method));
});

test("GET and HEAD have no body", () => {
  for (const method of ["GET", "HEAD"]) {
    throws(TypeError, () => new Request(URL_, { method, body: "" }));
    is(new Request(URL_, { method, body: null }).body, null);
  }
});

test("enumerations are checked", () => {
  for (const init of [
    { redirect: "x" },
    { mode: "x" },
    { credentials: "x" },
    { cache: "x" },
    { referrerPolicy: "x" },
    { mode: "navigate" },
    { duplex: "full" },
  ]) {
    throws(TypeError, () => new Request(URL_, untyped(init)));
  }
  for (const redirect of ["follow", "error", "manual"] as const)
    is(new Request(URL_, { redirect }).redirect, redirect);
  throws(TypeError, () => new Request(URL_, untyped({ window: "x" })));
  is(new Request(URL_, untyped({ window: null })).method, "GET");
});

test("only-if-cached wants the same origin", () => {
  throws(TypeError, () => new Request(URL_, { cache: "only-if-cached", mode: "cors" }));
});

test("a body gives its content type, unless there is one", async () => {
  const request = new Request(URL_, { method: "POST", body: "text" });
  same([request.headers.get("content-type"), await request.text()], ["text/plain;charset=UTF-8", "text"]);
  const own = new Request(URL_, { method: "POST", body: "text", headers: { "content-type": "x/y" } });
  is(own.headers.get("content-type"), "x/y");
  const params = new Request(URL_, { method: "POST", body: new URLSearchParams("a=1") });
  is(await params.text(), "a=1");
});

test("a stream as a body wants duplex", async () => {
  const stream = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([97]));
        controller.close();
      },
    });
  throws(TypeError, () => new Request(URL_, { method: "POST", body: stream() }));
  const request = new Request(URL_, untyped({ method: "POST", body: stream(), duplex: "half" }));
  same([request.headers.get("content-type"), await request.text()], [null, "a"]);
});

test("a request made from another takes its parts, and its body", async () => {
  const first = new Request(URL_, { method: "POST", body: "body", headers: { a: "b" }, redirect: "manual" });
  const second = new Request(first, { headers: { c: "d" } });
  same(
    [second.method, second.redirect, [...second.headers.keys()].includes("a"), second.headers.get("c")],
    ["POST", "manual", false, "d"],
  );
  is(first.bodyUsed, true);
  is(await second.text(), "body");
  throws(TypeError, () => new Request(first));
  const third = new Request(new Request(URL_, { method: "PUT", body: "x" }), { method: "POST", body: "own" });
  same([third.method, await third.text()], ["POST", "own"]);
});

test("clone copies, and keeps the body for both", async () => {
  const request = new Request(URL_, { method: "POST", body: "body", headers: { a: "b" } });
  const copy = request.clone();
  same([copy.url, copy.method, copy.headers.get("a")], [URL_, "POST", "b"]);
  same([await request.text(), await copy.text()], ["body", "body"]);
  throws(TypeError, () => request.clone());
});

test("a signal is followed", () => {
  const controller = new AbortController();
  const request = new Request(URL_, { signal: controller.signal });
  const copy = request.clone();
  ok(request.signal !== controller.signal);
  controller.abort("why");
  same([request.signal.aborted, request.signal.reason, copy.signal.reason], [true, "why", "why"]);
  is(new Request(URL_, { signal: AbortSignal.abort(1) }).signal.reason, 1);
  throws(TypeError, () => new Request(URL_, untyped({ signal: {} })));
  is(new Request(URL_, { signal: null }).signal.aborted, false);
});

test("a body is read once", async () => {
  const request = new Request(URL_, { method: "POST", body: "a" });
  await request.text();
  is(request.bodyUsed, true);
  await rejects(TypeError, request.text());
  throws(TypeError, () => new Request(request));
});

test("headers of a request can be changed", () => {
  const request = new Request(URL_);
  request.headers.set("x", "y");
  is(request.headers.get("x"), "y");
});

test("options are an object", () => {
  throws(TypeError, () => new Request(URL_, untyped("text")));
  is(new Request(URL_, untyped(null)).method, "GET");
  is(new Request(URL_, { integrity: "sha256-x" }).integrity, "sha256-x");
  is(new Request(URL_, { keepalive: true }).keepalive, true);
});
