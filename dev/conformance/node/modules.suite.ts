/** What libraries use of Node's smaller modules, as Node answers. */
import assert from "node:assert";
import { Buffer } from "node:buffer";
import { channel, tracingChannel } from "node:diagnostics_channel";
import EventEmitter, { errorMonitor, on, once } from "node:events";
import http from "node:http";
import path from "node:path";
import querystring from "node:querystring";
import { PassThrough, pipeline, Readable, Transform, Writable } from "node:stream";
import { pipeline as piped } from "node:stream/promises";
import { json, text } from "node:stream/consumers";
import { StringDecoder } from "node:string_decoder";
import url from "node:url";
import util from "node:util";
import { is, ok, rejects, same, throws } from "../assertions.ts";
import { surroundings, test } from "../harness.ts";

test("buffer: every encoding, there and back", () => {
  const bytes = Buffer.from([0, 1, 127, 128, 200, 255, 62, 63]);
  for (const encoding of ["hex", "base64", "base64url", "latin1", "binary"] as const) {
    same([...Buffer.from(bytes.toString(encoding), encoding)], [...bytes], encoding);
  }
  is(bytes.toString("base64url"), "AAF_gMj_Pj8");
  is(bytes.toString("hex", 1, 3), "017f");
  is(bytes.toString("base64", 2), "f4DI/z4/");
  is(Buffer.from("AAF_gMj_Pj8=", "base64").toString("hex"), "00017f80c8ff3e3f");
  is(Buffer.from("zz", "hex").length, 0);
  is(Buffer.from("grüße 🙂").toString(), "grüße 🙂");
  is(Buffer.byteLength("🙂"), 4);
  is(Buffer.from("hi", "utf16le").toString("hex"), "68006900");
  ok(Buffer.isEncoding("base64url"), "base64url");
});

test("buffer: numbers, searching, comparing, joining, views", () => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(0xdeadbeef, 0);
  bytes.writeBigInt64LE(-5n, 4);
  bytes.writeFloatLE(1.5, 12);
  is(bytes.toString("hex"), "deadbeeffbffffffffffffff0000c03f");
  same([bytes.readUIntBE(0, 3), bytes.readBigInt64LE(4), bytes.readFloatLE(12)], [0xdeadbe, -5n, 1.5]);
  throws(RangeError, () => bytes.readUInt32LE(13));
  is(Buffer.from("abcabc").lastIndexOf("bc"), 4);
  is(Buffer.compare(Buffer.from("a"), Buffer.from("b")), -1);
  is(Buffer.concat([Buffer.from("a"), new Uint8Array([98])]).toString(), "ab");
  const part = bytes.subarray(0, 2);
  part[0] = 1;
  same([bytes[0], Buffer.isBuffer(part), part instanceof Uint8Array], [1, true, true]);
  same(JSON.parse(JSON.stringify(Buffer.from("a"))), { type: "Buffer", data: [97] });
  is(Buffer.alloc(5, "ab").toString(), "ababa");
});

test("events: order, once, removal, errors without a listener, the monitor", () => {
  const emitter = new EventEmitter();
  const seen: string[] = [];
  emitter.on("x", () => seen.push("1"));
  emitter.prependListener("x", () => seen.push("0"));
  emitter.once("x", () => seen.push("once"));
  same([emitter.emit("x"), emitter.emit("x"), emitter.emit("none")], [true, true, false]);
  same(seen, ["0", "1", "once", "0", "1"]);
  throws(RangeError, () => emitter.emit("error", new RangeError()));
  emitter.on(errorMonitor, () => seen.push("monitor"));
  throws(RangeError, () => emitter.emit("error", new RangeError()));
  is(seen.at(-1), "monitor");
  is(emitter.listenerCount("x"), 2);
  emitter.removeAllListeners("x");
  same(emitter.eventNames(), [errorMonitor]);
});

test("events: old code calls the class without new, and inherits from it by hand", () => {
  function Old(this: EventEmitter): void {
    EventEmitter.call(this);
  }
  util.inherits(Old, EventEmitter);
  const old = new (Old as unknown as new () => EventEmitter)();
  let heard = 0;
  old.on("x", () => (heard += 1));
  old.emit("x");
  is(heard, 1);
});

test("events: as a promise and as an iterator, ended by a signal", async () => {
  const emitter = new EventEmitter();
  const abort = new AbortController();
  const waiting = once(emitter, "never", { signal: abort.signal });
  const iterator = on(emitter, "x", { signal: abort.signal });
  emitter.emit("x", 1);
  same((await iterator.next()).value, [1]);
  abort.abort();
  is(((await rejects("AbortError", waiting)) as { code: string }).code, "ABORT_ERR");
  await rejects("AbortError", iterator.next());
  await rejects(
    RangeError,
    Promise.all([once(emitter, "y"), Promise.resolve().then(() => emitter.emit("error", new RangeError()))]),
  );
});

test("stream: transforms, back-pressure, pipelines and their errors", async () => {
  const upper = new Transform({ transform: (chunk, _, done) => done(null, String(chunk).toUpperCase()) });
  is(await text(Readable.from(["a", "b"]).pipe(upper)), "AB");
  const slow = new Writable({
    highWaterMark: 2,
    write: (_chunk, _encoding, done) => void setTimeout(done, 1),
  });
  is(slow.write("abc"), false);
  await once(slow, "drain");
  const failing = new Transform({ transform: (_chunk, _encoding, done) => done(new RangeError("no")) });
  await rejects(RangeError, piped(Readable.from(["a"]), failing, new PassThrough()));
  const error = await new Promise((resolve) =>
    pipeline(Readable.from(["a"]), new PassThrough().resume(), resolve),
  );
  ok(error === undefined || error === null, "no error");
});

test("stream: to and from the web's, JSON, async iteration with an early end", async () => {
  const web = new ReadableStream({
    start(controller) {
      for (const part of ['{"a":', "1}"]) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  same(await json(Readable.fromWeb(web as never)), { a: 1 });
  const back = Readable.toWeb(
    Readable.from([Buffer.from("x"), Buffer.from("y")]),
  ) as unknown as ReadableStream;
  is(await new Response(back).text(), "xy");
  const source = Readable.from([1, 2, 3]);
  for await (const _ of source) break;
  is(source.destroyed, true);
});

test("string_decoder: a character cut in two", () => {
  const decoder = new StringDecoder("utf8");
  const bytes = Buffer.from("€");
  same([decoder.write(bytes.subarray(0, 1)), decoder.write(bytes.subarray(1)), decoder.end()], ["", "€", ""]);
});

test("util: format, inspect, promisify, callbackify, types, equality", async () => {
  is(util.format("%s %d %j %o%%", "a", 1.5, { b: 1 }, [1]), 'a 1.5 {"b":1} [ 1, [length]: 1 ]%');
  is(
    util.inspect({ a: new Map([["k", [1, "x"]]]), c: new Set([1]) }),
    "{ a: Map(1) { 'k' => [ 1, 'x' ] }, c: Set(1) { 1 } }",
  );
  is(util.inspect({ a: { b: { c: { d: 1 } } } }), "{ a: { b: { c: [Object] } } }");
  const later = (value: number, done: (error: Error | null, value: number) => void) => done(null, value + 1);
  is(await util.promisify(later)(1), 2);
  is(await new Promise((resolve) => util.callbackify(async () => 3)((_error, value) => resolve(value))), 3);
  same(
    [util.types.isDate(new Date()), util.types.isMap({}), util.types.isUint8Array(Buffer.alloc(1))],
    [true, false, true],
  );
  same([util.isDeepStrictEqual({ a: [1] }, { a: [1] }), util.isDeepStrictEqual([1], ["1"])], [true, false]);
  is(util.stripVTControlCharacters("\u001b[31mred\u001b[0m"), "red");
});

test("assert: what holds is silent, what does not is an AssertionError", async () => {
  assert.deepStrictEqual(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]]));
  assert.throws(() => {
    throw new RangeError("bad");
  }, /bad/);
  await assert.rejects(Promise.reject(new RangeError("bad")), RangeError);
  for (const body of [
    () => assert(false),
    () => assert.equal(1, 2),
    () => assert.deepEqual([1], [2]),
    () => assert.match("a", /b/),
  ]) {
    is((throws("AssertionError", body) as { code: string }).code, "ERR_ASSERTION");
  }
  throws("AssertionError", () => assert.throws(() => {}));
});

test("path and url", () => {
  same(
    [path.join("/a", "..", "b/./c"), path.resolve("/a", "b"), path.relative("/a/b", "/a/c/d")],
    ["/b/c", "/a/b", "../c/d"],
  );
  same(
    { ...path.parse("/x/y.tar.gz") },
    { root: "/", dir: "/x", base: "y.tar.gz", ext: ".gz", name: "y.tar" },
  );
  const parsed = url.parse("http://u:p@h.org:8080/p/a?x=1&y=2#f", true);
  same(
    [parsed.auth, parsed.host, parsed.pathname, { ...parsed.query }, parsed.hash],
    ["u:p", "h.org:8080", "/p/a", { x: "1", y: "2" }, "#f"],
  );
  same([url.fileURLToPath("file:///a%20b"), url.pathToFileURL("/a b").href], ["/a b", "file:///a%20b"]);
  is(url.resolve("http://h/a/b", "../c"), "http://h/c");
  is(url.format({ protocol: "https", host: "h", pathname: "/p", query: { a: 1 } }), "https://h/p?a=1");
  same({ ...querystring.parse("a=1&a=2&b=%20x") }, { a: ["1", "2"], b: " x" });
  is(querystring.stringify({ a: [1, 2], b: "ä&" }), "a=1&a=2&b=%C3%A4%26");
});

test("diagnostics_channel: subscribers hear what is published, traces in order", async () => {
  const seen: unknown[] = [];
  const named = channel("test");
  is(named.hasSubscribers, false);
  const subscriber = (message: unknown) => seen.push(message);
  named.subscribe(subscriber);
  named.publish(1);
  is(named.unsubscribe(subscriber), true);
  named.publish(2);
  same(seen, [1]);
  const trace = tracingChannel("op");
  const note = (event: string) => () => seen.push(event);
  trace.subscribe({
    start: note("start"),
    end: note("end"),
    asyncStart: note("asyncStart"),
    asyncEnd: note("asyncEnd"),
    error: note("error"),
  } as never);
  await trace.tracePromise(async () => {}, {});
  same(seen.slice(1), ["start", "end", "asyncStart", "asyncEnd"]);
});

test("process: next ticks, time that passes, a platform", async () => {
  const seen: number[] = [];
  await new Promise<void>((resolve) => {
    process.nextTick((value: number) => (seen.push(value), resolve()), 1);
    seen.push(0);
  });
  same(seen, [0, 1]);
  const started = process.hrtime.bigint();
  await new Promise((resolve) => setTimeout(resolve, 5));
  ok(process.hrtime.bigint() - started >= 4_000_000n, "5 ms");
  is(typeof process.env, "object");
  ok(/^v\d+\./.test(process.version), "a version");
});

test("http: a request with a body, its answer as a stream, an error for what cannot be reached", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const request = http.request(`${surroundings().server}/`, { method: "GET" }, (response) => {
      is(typeof response.statusCode, "number");
      text(response).then(resolve, reject);
    });
    request.on("error", reject).end();
  });
  is(typeof answer, "string");
  await rejects(
    "Error",
    new Promise((_, reject) =>
      http.get("http://127.0.0.1:1/").on("error", (error) => reject(new Error(error.message))),
    ),
  );
});
