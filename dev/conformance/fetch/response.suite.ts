/** Fetch standard, sections 5.3 and 5.5: bodies and Response. */
import { is, ok, rejects, rejectsDom, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

test("a response without arguments is an empty 200", async () => {
  const response = new Response();
  same(
    [response.status, response.statusText, response.ok, response.type, response.url],
    [200, "", true, "default", ""],
  );
  same(
    [response.redirected, response.body, response.bodyUsed, [...response.headers]],
    [false, null, false, []],
  );
  is(await response.text(), "");
  is(response.bodyUsed, false);
});

test("status and statusText are checked", () => {
  for (const status of [0, 100, 199, 600, 1000]) throws(RangeError, () => new Response("", { status }));
  for (const statusText of ["\n", "a\0", "\u0100"]) throws(TypeError, () => new Response("", { statusText }));
  same(
    [
      new Response(null, { status: 599, statusText: "\u00ff" }).statusText,
      new Response("", { status: 299 }).ok,
    ],
    ["\u00ff", true],
  );
  same([new Response("", { status: 300 }).ok, new Response(null, untyped(null)).status], [false, 200]);
  throws(TypeError, () => new Response("", untyped("text")));
});

for (const status of [204, 205, 304]) {
  test(`${status} has no body`, () => {
    throws(TypeError, () => new Response("", { status }));
    throws(TypeError, () => new Response(new ReadableStream(), { status }));
    is(new Response(null, { status }).body, null);
    is(new Response(undefined, { status }).status, status);
  });
}

for (const [kind, body, type] of [
  ["text", () => "text", "text/plain;charset=UTF-8"],
  ["params", () => new URLSearchParams({ a: "b c" }), "application/x-www-form-urlencoded;charset=UTF-8"],
  ["a Blob with a type", () => new Blob(["x"], { type: "a/b" }), "a/b"],
  ["a Blob without", () => new Blob(["x"]), null],
  ["bytes", () => new Uint8Array([1]), null],
  ["a buffer", () => new ArrayBuffer(1), null],
  ["a stream", () => new ReadableStream(), null],
] as const) {
  test(`the content type of ${kind}`, () => {
    is(new Response(body()).headers.get("content-type"), type);
    is(
      new Response(body(), { headers: { "content-type": "own/one" } }).headers.get("content-type"),
      "own/one",
    );
    ok(new Response(body()).body instanceof ReadableStream);
  });
}

test("bodies are read by every method", async () => {
  is(await new Response("a\u00e9").text(), "a\u00e9");
  same(await new Response('{"a":[1]}').json(), { a: [1] });
  same(new Uint8Array(await new Response("ab").arrayBuffer()), new Uint8Array([97, 98]));
  same(
    await (new Response("ab") as unknown as { bytes(): Promise<Uint8Array> }).bytes(),
    new Uint8Array([97, 98]),
  );
  const blob = await new Response("ab", { headers: { "content-type": "Text/X; charset=utf-8" } }).blob();
  same([blob.type, await blob.text()], ["text/x;charset=utf-8", "ab"]);
  is((await new Response(new Uint8Array([1])).blob()).type, "");
  is(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])).text(), "a\ufffd");
  same(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x31])).json(), 1);
});

test("json of what is none rejects", async () => {
  await rejects(SyntaxError, new Response("{").json());
  await rejects(SyntaxError, new Response("").json());
  await rejects(SyntaxError, new Response(null).json());
});

test("a body is read once", async () => {
  const response = new Response("a");
  const reading = response.text();
  is(response.bodyUsed, true);
  await reading;
  for (const method of ["text", "json", "arrayBuffer", "blob", "formData"] as const)
    await rejects(TypeError, response[method]());
  throws(TypeError, () => response.clone());
});

test("a body that is locked or was touched cannot be read", async () => {
  const locked = new Response("a");
  locked.body?.getReader();
  is(locked.bodyUsed, false);
  await rejects(TypeError, locked.text());
  throws(TypeError, () => locked.clone());
  const touched = new Response("a");
  const reader = touched.body?.getReader();
  await reader?.read();
  reader?.releaseLock();
  is(touched.bodyUsed, true);
  await rejects(TypeError, touched.text());
  const cancelled = new Response("a");
  await cancelled.body?.cancel();
  is(cancelled.bodyUsed, true);
});

test("a stream that is locked or was touched is no body", async () => {
  const locked = new ReadableStream();
  locked.getReader();
  throws(TypeError, () => new Response(locked));
  const touched = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1)) });
  const reader = touched.getReader();
  await reader.read();
  reader.releaseLock();
  throws(TypeError, () => new Response(touched));
});

test("a stream's chunks must be bytes", async () => {
  const make = (chunk: unknown) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(chunk);
          controller.close();
        },
      }),
    );
  is(await make(new Uint8Array([97])).text(), "a");
  for (const chunk of ["text", 1, {}, null, new ArrayBuffer(1)]) await rejects(TypeError, make(chunk).text());
});

test("an error of the stream is the reader's", async () => {
  const reason = new RangeError("stream");
  const response = new Response(new ReadableStream({ start: (controller) => controller.error(reason) }));
  is(await response.text().catch((error: unknown) => error), reason);
});

test("clone shares what was read, and keeps the rest", async () => {
  const response = new Response("body", { status: 201, statusText: "s", headers: { a: "b" } });
  const copy = response.clone();
  same(
    [copy.status, copy.statusText, copy.headers.get("a"), copy.headers !== response.headers],
    [201, "s", "b", true],
  );
  same([await response.text(), copy.bodyUsed, await copy.text()], ["body", false, "body"]);
  is(new Response(null).clone().body, null);
});

test("Response.error is a network error", () => {
  const error = Response.error();
  same([error.type, error.status, error.ok, error.statusText, error.body], ["error", 0, false, "", null]);
});

test("Response.redirect has its location and status", () => {
  const response = Response.redirect("https://a.example/x");
  same(
    [response.status, response.headers.get("location"), response.type],
    [302, "https://a.example/x", "default"],
  );
  for (const status of [301, 302, 303, 307, 308])
    is(Response.redirect("https://a.example", status).status, status);
  for (const status of [200, 304, 400])
    throws(RangeError, () => Response.redirect("https://a.example", status));
  throws(TypeError, () => Response.redirect("nonsense://["));
});

test("Response.json writes JSON with its type", async () => {
  const response = Response.json({ a: 1 }, { status: 201, headers: { "content-type": "x/y" } });
  same(
    [response.status, response.headers.get("content-type"), await response.text()],
    [201, "x/y", '{"a":1}'],
  );
  is(Response.json(null).headers.get("content-type"), "application/json");
  throws(TypeError, () => Response.json(undefined));
  throws(TypeError, () => Response.json(Symbol("a")));
  throws(TypeError, () => Response.json(1n));
  throws(TypeError, () => Response.json({}, { status: 204 }));
});

test("methods of other objects reject, getters throw", async () => {
  await rejects(TypeError, Reflect.apply(Response.prototype.text, {}, []));
  throws(TypeError, () => Reflect.apply(Response.prototype.clone, {}, []));
  throws(TypeError, () => Object.getOwnPropertyDescriptor(Response.prototype, "status")?.get?.call({}));
});

test("fields cannot be written", () => {
  const response = new Response("a");
  for (const field of ["status", "headers", "body", "bodyUsed", "ok", "url", "type"] as const) {
    const before = response[field];
    Reflect.set(response, field, "changed");
    is(response[field], before, field);
  }
});

test("a body can be piped", async () => {
  const upper = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => controller.enqueue(chunk.map((byte) => byte - 32)),
  });
  is(await new Response(new Response("abc").body?.pipeThrough(upper)).text(), "ABC");
  ok((await new Response("a").body?.getReader({ mode: "byob" }).read(new Uint8Array(1)))?.done === false);
});

test("a body's reader is stopped by cancelling", async () => {
  let told: unknown;
  const response = new Response(
    new ReadableStream({
      cancel: (reason) => {
        told = reason;
      },
    }),
  );
  await response.body?.cancel("why");
  is(told, "why");
  await rejectsDom("AbortError", Promise.reject(new DOMException("", "AbortError")));
});

test("a clone has chunks of its own", async () => {
  const chunk = new Float32Array([1, 2]);
  const response = new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(chunk);
        controller.close();
      },
    }),
  );
  const read = async (body: ReadableStream | null) => (await body?.getReader().read())?.value as Float32Array;
  const clone = response.clone();
  const [first, second] = [await read(response.body), await read(clone.body)];
  is(first, chunk);
  same([second instanceof Float32Array, second === chunk, [...second]], [true, false, [1, 2]]);
});

test("a body that is cancelled just after its last chunk throws nothing that nobody can catch", async () => {
  const uncaught: unknown[] = [];
  const hear = (event: Event) => uncaught.push(event);
  globalThis.addEventListener?.("error", hear);
  const reader = new Response("x").body?.getReader();
  void reader?.read();
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 5));
  globalThis.removeEventListener?.("error", hear);
  same(uncaught, []);
});
