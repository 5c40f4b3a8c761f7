/** HTML standard, section 2.7: structured cloning and transfer. */
import { is, ok, same, throws, throwsDom, throwsExactly, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const refused = (value: unknown) => throwsDom("DataCloneError", () => structuredClone(value));

test("primitives are themselves", () => {
  for (const value of [
    undefined,
    null,
    true,
    false,
    "",
    "text\ud800",
    0,
    -0,
    0.2,
    Number.NaN,
    -Infinity,
    12n,
    -(2n ** 70n),
  ]) {
    is(structuredClone(value), value);
  }
});

test("objects of primitives keep their kind", () => {
  for (const value of [new Boolean(false), new Number(-0), new String("a"), Object(5n) as object]) {
    const copy = structuredClone(value);
    is(Object.getPrototypeOf(copy), Object.getPrototypeOf(value));
    is(copy.valueOf(), value.valueOf());
    ok(copy !== value);
  }
});

test("dates, also invalid ones", () => {
  is(structuredClone(new Date(8.64e15)).getTime(), 8.64e15);
  is(structuredClone(new Date(Number.NaN)).getTime(), Number.NaN);
});

test("expressions keep source and flags, not lastIndex", () => {
  const pattern = /a\/b/giu;
  pattern.lastIndex = 3;
  const copy = structuredClone(pattern);
  same([copy.source, copy.flags, copy.lastIndex, copy instanceof RegExp], ["a\\/b", "giu", 0, true]);
});

test("arrays keep length, holes and other fields", () => {
  const list = Object.assign([1, , 3], { extra: "x" });
  const copy = structuredClone(list);
  same([copy.length, 1 in copy, copy[2], copy.extra, Array.isArray(copy)], [3, false, 3, "x", true]);
  is(structuredClone(Object.assign([], { length: 5 })).length, 5);
});

test("objects keep their own enumerable text-named fields, in order, as plain values", () => {
  const object = Object.create(
    { inherited: 1 },
    {
      b: { value: 1, enumerable: true },
      hidden: { value: 2 },
      a: { get: () => 3, enumerable: true },
    },
  ) as object;
  Object.assign(object, { [Symbol("s")]: 4, 1: "one" });
  const copy = structuredClone(object);
  same([Object.keys(copy), Reflect.ownKeys(copy).length], [["1", "b", "a"], 3]);
  same(Object.getOwnPropertyDescriptor(copy, "a"), {
    value: 3,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  is(Object.getPrototypeOf(copy), Object.prototype);
});

test("objects of a plugin's own class become plain", () => {
  class Mine {
    a = 1;
    #hidden = 2;
    read() {
      return this.#hidden;
    }
  }
  const copy = structuredClone(new Mine());
  same([Object.getPrototypeOf(copy) === Object.prototype, copy.a], [true, 1]);
});

test("maps and sets, with their circles and order", () => {
  const map = new Map<unknown, unknown>([
    ["a", 1],
    [{ k: 1 }, new Set([1, 2])],
  ]);
  map.set("self", map);
  const copy = structuredClone(map);
  same([copy.size, copy.get("self") === copy, [...copy.keys()][0]], [3, true, "a"]);
  same([...([...copy.values()][1] as Set<number>)], [1, 2]);
  const set = new Set<unknown>();
  set.add(set);
  const other = structuredClone(set);
  is(other.has(other), true);
});

test("the same object stays the same", () => {
  const inner = {};
  const copy = structuredClone({ a: inner, b: inner, list: [inner] });
  same([copy.a === copy.b, copy.list[0] === copy.a, copy.a !== inner], [true, true, true]);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const round = structuredClone(circle);
  is(round.self, round);
});

test("buffers and views, which share them as before", () => {
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  const copy = structuredClone({
    buffer,
    view: new Uint16Array(buffer, 2, 2),
    data: new DataView(buffer, 1, 3),
  });
  same([...new Uint8Array(copy.buffer)], [1, 2, 3, 4, 5, 6, 7, 8]);
  same([copy.view.buffer === copy.buffer, copy.view.byteOffset, copy.view.length], [true, 2, 2]);
  same([copy.data.buffer === copy.buffer, copy.data.byteOffset, copy.data.byteLength], [true, 1, 3]);
});

for (const Kind of [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]) {
  test(`${Kind.name} is cloned`, () => {
    const copy = structuredClone(new Kind(2));
    same([copy.constructor === Kind, copy.length], [true, 2]);
  });
}

test("resizable buffers stay so, and views that follow their length", () => {
  const buffer = new ArrayBuffer(4, { maxByteLength: 16 });
  const copy = structuredClone({ buffer, view: new Uint8Array(buffer) });
  same([copy.buffer.resizable, copy.buffer.maxByteLength], [true, 16]);
  copy.buffer.resize(8);
  is(copy.view.length, 8);
  is(buffer.byteLength, 4);
});

test("errors keep kind and message, and of other fields none", () => {
  for (const Kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const copy = structuredClone(Object.assign(new Kind("m"), { extra: 1 }));
    same(
      [copy.name, copy.message, Object.getPrototypeOf(copy) === Kind.prototype, "extra" in copy],
      [Kind.name, "m", true, false],
    );
    is(Object.prototype.hasOwnProperty.call(copy, "message"), true);
  }
  const named = structuredClone(Object.assign(new Error("m"), { name: "Mine" }));
  is(Object.getPrototypeOf(named), Error.prototype);
  is(Object.hasOwn(structuredClone(new Error()), "message"), false);
  is(structuredClone(Object.assign(new Error("m"), { name: "RangeError" })) instanceof RangeError, true);
});

test("DOMExceptions, Blobs and Files are cloned", async () => {
  const error = structuredClone(new DOMException("m", "AbortError"));
  same([error instanceof DOMException, error.name, error.message, error.code], [true, "AbortError", "m", 20]);
  const blob = structuredClone(new Blob(["a"], { type: "x/y" }));
  same([blob instanceof Blob, blob.type, await blob.text()], [true, "x/y", "a"]);
  const file = structuredClone(new File(["a"], "n", { lastModified: 3 }));
  same([file instanceof File, file.name, file.lastModified, await file.text()], [true, "n", 3, "a"]);
});

test("functions, symbols and what has a state of its own are refused", () => {
  refused(() => {});
  refused(Symbol("a"));
  refused(Object(Symbol("a")));
  refused(new WeakMap());
  refused(new WeakSet());
  refused(Promise.resolve());
  refused(new WeakRef({}));
  refused({ deep: [() => {}] });
  refused(new Map([[1, Symbol("a")]]));
});

test("objects of the platform that have no copies are refused", () => {
  refused(new Event("a"));
  refused(new Headers());
  refused(new Response());
  refused(new AbortController());
  refused(new TextEncoder());
  refused(new MessageChannel().port1);
  refused(new ReadableStream());
});

test("what a getter throws comes out as it is", () => {
  const reason = new Error("mine");
  throwsExactly(reason, () =>
    structuredClone({
      get a() {
        throw reason;
      },
    }),
  );
});

test("the value is required; null and undefined are no options", () => {
  throws(TypeError, () => Reflect.apply(structuredClone, globalThis, []));
  is(structuredClone(1, untyped(null)), 1);
  is(structuredClone(1, untyped(undefined)), 1);
  throws(TypeError, () => structuredClone(1, untyped("text")));
  throws(TypeError, () => structuredClone(1, untyped({ transfer: 1 })));
  throws(TypeError, () => structuredClone(1, untyped({ transfer: null })));
  throws(TypeError, () => structuredClone(1, untyped({ transfer: ["text"] })));
});

test("a transferred buffer moves, and its views with it", () => {
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const view = new Uint8Array(buffer);
  const copy = structuredClone({ view, buffer }, { transfer: [buffer] });
  same([buffer.detached, view.length, copy.view.buffer === copy.buffer], [true, 0, true]);
  same([...copy.view], [1, 2, 3]);
});

test("a transferred buffer that the value does not hold is lost", () => {
  const buffer = new ArrayBuffer(4);
  structuredClone(1, { transfer: [buffer] });
  is(buffer.detached, true);
});

test("a resizable buffer is transferred as one", () => {
  const buffer = new ArrayBuffer(4, { maxByteLength: 8 });
  const copy = structuredClone(buffer, { transfer: [buffer] });
  same([copy.resizable, copy.maxByteLength, buffer.detached], [true, 8, true]);
});

test("what is detached, twice in the list, or cannot be transferred is refused, and nothing moves", () => {
  const buffer = new ArrayBuffer(4);
  throwsDom("DataCloneError", () => structuredClone(buffer, { transfer: [buffer, buffer] }));
  throwsDom("DataCloneError", () => structuredClone(1, { transfer: [buffer, untyped({})] }));
  throwsDom("DataCloneError", () => structuredClone({ buffer, no: () => {} }, { transfer: [buffer] }));
  is(buffer.detached, false);
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  throwsDom("DataCloneError", () => structuredClone(1, { transfer: [buffer] }));
  refused(buffer);
  refused(view);
});

test("ports are transferred and go on", async () => {
  const { port1, port2 } = new MessageChannel();
  const moved = structuredClone(port2, { transfer: [port2] });
  ok(moved instanceof MessagePort && moved !== port2);
  const heard = new Promise((resolve) => {
    moved.onmessage = (event) => resolve(event.data);
  });
  port1.postMessage("through");
  is(await heard, "through");
  throwsDom("DataCloneError", () => structuredClone(port2, { transfer: [port2] }));
  moved.close();
});

test("streams are transferred, and locked where they were", async () => {
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue({ a: 1 });
      controller.close();
    },
  });
  const moved = structuredClone(stream, { transfer: [untyped(stream)] });
  same([stream.locked, moved instanceof ReadableStream], [true, true]);
  const seen: unknown[] = [];
  for await (const chunk of moved) seen.push(chunk);
  same(seen, [{ a: 1 }]);
  const written: unknown[] = [];
  const sink = new WritableStream({ write: (chunk) => void written.push(chunk) });
  const writer = structuredClone(sink, { transfer: [untyped(sink)] }).getWriter();
  await writer.write("x");
  await writer.close();
  same([written, sink.locked], [["x"], true]);
  const locked = new ReadableStream();
  locked.getReader();
  throwsDom("DataCloneError", () => structuredClone(locked, { transfer: [untyped(locked)] }));
});

test("a view of memory that its buffer has lost is refused", () => {
  for (const viewOn of [
    (buffer: ArrayBuffer) => new Uint8Array(buffer, 8),
    (buffer: ArrayBuffer) => new DataView(buffer, 8),
  ]) {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    const view = viewOn(buffer);
    buffer.resize(0);
    throwsDom("DataCloneError", () => structuredClone(view));
  }
});

test("a stream that went along with another of the list is in use", () => {
  const both = new TransformStream();
  for (const list of [
    [both, both.readable],
    [both, both.writable],
  ]) {
    throwsDom("DataCloneError", () => structuredClone(list, { transfer: list.map(untyped) }));
  }
});
