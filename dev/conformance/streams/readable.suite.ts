/** Streams standard, section 4: ReadableStream, its readers and controllers. */
import { is, ok, rejects, rejectsExactly, same, throws, throwsExactly, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

async function all<Chunk>(stream: ReadableStream<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
/** The compiler's library does not know it yet. */
const from = (source: unknown): ReadableStream =>
  (Reflect.get(ReadableStream, "from") as (source: unknown) => ReadableStream)(source);
const of = <Chunk>(...chunks: Chunk[]) =>
  new ReadableStream<Chunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

test("the source's methods are called with the controller, start at once", () => {
  const calls: string[] = [];
  const stream = new ReadableStream({
    start(controller) {
      calls.push(controller.constructor.name);
    },
  });
  same([calls, stream.locked], [["ReadableStreamDefaultController"], false]);
});

test("an error in start comes out of the constructor; a rejection errors the stream", async () => {
  const reason = new Error("start");
  throwsExactly(
    reason,
    () =>
      new ReadableStream({
        start: () => Promise.reject(reason),
        get pull() {
          throw reason;
        },
      } as never),
  );
  const stream = new ReadableStream({ start: () => Promise.reject(reason) });
  await rejectsExactly(reason, stream.getReader().read());
});

test("a source that is no object, or of another type, is refused", () => {
  throws(TypeError, () => new ReadableStream(untyped(null)));
  throws(TypeError, () => new ReadableStream(untyped({ type: "other" })));
  throws(TypeError, () => new ReadableStream(untyped({ pull: 1 })));
  throws(RangeError, () => new ReadableStream({}, { highWaterMark: -1 }));
  throws(RangeError, () => new ReadableStream({}, { highWaterMark: Number.NaN }));
  throws(RangeError, () => new ReadableStream(untyped({ type: "bytes" }), { size: () => 1 }));
});

test("reading gives chunks in order, then the end", async () => {
  const reader = of("a", "b").getReader();
  same(await reader.read(), { value: "a", done: false });
  same(await reader.read(), { value: "b", done: false });
  same(await reader.read(), { value: undefined, done: true });
  await reader.closed;
});

test("pull is called as far as the high water mark, one at a time", async () => {
  let pulls = 0;
  const stream = new ReadableStream(
    {
      pull(controller) {
        pulls += 1;
        controller.enqueue(pulls);
      },
    },
    { highWaterMark: 3 },
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  is(pulls, 3);
  const reader = stream.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 5));
  is(pulls, 4);
});

test("desiredSize follows the queue", () => {
  let controller!: ReadableStreamDefaultController<string>;
  const stream = new ReadableStream<string>(
    {
      start: (given) => {
        controller = given;
      },
    },
    { highWaterMark: 5, size: (chunk) => chunk.length },
  );
  const sizes = [controller.desiredSize];
  controller.enqueue("abc");
  sizes.push(controller.desiredSize);
  controller.enqueue("defg");
  sizes.push(controller.desiredSize);
  controller.close();
  sizes.push(controller.desiredSize);
  same([sizes, stream.locked], [[5, 2, -2, -2], false]);
  throws(TypeError, () => controller.enqueue("late"));
  throws(TypeError, () => controller.close());
});

test("a size that is no number errors the stream", async () => {
  let controller!: ReadableStreamDefaultController;
  const stream = new ReadableStream(
    {
      start: (given) => {
        controller = given;
      },
    },
    { size: () => -1 },
  );
  throws(RangeError, () => controller.enqueue("a"));
  await rejects(RangeError, stream.getReader().read());
});

test("error fails all that wait, and later reads", async () => {
  const reason = new Error("broken");
  let controller!: ReadableStreamDefaultController;
  const reader = new ReadableStream({
    start: (given) => {
      controller = given;
    },
  }).getReader();
  const waiting = reader.read();
  controller.error(reason);
  await rejectsExactly(reason, waiting);
  await rejectsExactly(reason, reader.read());
  await rejectsExactly(reason, reader.closed);
  is(controller.desiredSize, null);
});

test("an error in pull errors the stream", async () => {
  const reason = new Error("pull");
  const stream = new ReadableStream({
    pull() {
      throw reason;
    },
  });
  await rejectsExactly(reason, stream.getReader().read());
});

test("a stream has one reader at a time", async () => {
  const stream = of("a", "b");
  const reader = stream.getReader();
  is(stream.locked, true);
  throws(TypeError, () => stream.getReader());
  await rejects(TypeError, stream.cancel());
  throws(TypeError, () => stream.tee());
  reader.releaseLock();
  is(stream.locked, false);
  await rejects(TypeError, reader.read());
  await rejects(TypeError, reader.closed);
  same(await all(stream), ["a", "b"]);
  throws(TypeError, () => stream.getReader(untyped({ mode: "other" })));
  throws(TypeError, () => new ReadableStreamDefaultReader(untyped({})));
});

test("a lock can be released while a read waits, which then fails", async () => {
  let controller!: ReadableStreamDefaultController;
  const stream = new ReadableStream({
    start: (given) => {
      controller = given;
    },
  });
  const reader = stream.getReader();
  const waiting = reader.read();
  reader.releaseLock();
  await rejects(TypeError, waiting);
  controller.enqueue("kept");
  same(await stream.getReader().read(), { value: "kept", done: false });
});

test("cancel tells the source why, and closes", async () => {
  let told: unknown;
  const stream = new ReadableStream({
    cancel: (reason) => {
      told = reason;
    },
  });
  const reader = stream.getReader();
  is(await reader.cancel("enough"), undefined);
  is(told, "enough");
  same(await reader.read(), { value: undefined, done: true });
  is(await of().cancel(), undefined);
  const reason = new Error("cancel");
  await rejectsExactly(reason, new ReadableStream({ cancel: () => Promise.reject(reason) }).cancel());
});

test("tee gives both branches everything, and cancels when both have", async () => {
  const [left, right] = of("a", "b").tee();
  same(
    [await all(left), await all(right)],
    [
      ["a", "b"],
      ["a", "b"],
    ],
  );
  let told: unknown;
  const [first, second] = new ReadableStream({
    cancel: (reason) => {
      told = reason;
    },
  }).tee();
  const both = [first.cancel(1), second.cancel(2)];
  await Promise.all(both);
  same(told, [1, 2]);
});

test("an error reaches both branches", async () => {
  const reason = new Error("both");
  const [left, right] = new ReadableStream({ start: (controller) => controller.error(reason) }).tee();
  await rejectsExactly(reason, left.getReader().read());
  await rejectsExactly(reason, right.getReader().read());
});

test("async iteration cancels when it is left, unless told not to", async () => {
  let cancelled = 0;
  const make = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue("x"),
      cancel: () => {
        cancelled += 1;
      },
    });
  const left = make();
  for await (const _ of left) break;
  same([cancelled, left.locked], [1, false]);
  const kept = make();
  for await (const _ of kept.values({ preventCancel: true })) break;
  same([cancelled, kept.locked], [1, false]);
  same(await kept.getReader().read(), { value: "x", done: false });
});

test("async iterators have the standard's prototype", async () => {
  const iterator = of("a").values();
  const prototype = Object.getPrototypeOf(iterator) as object;
  same(Object.getOwnPropertyNames(prototype).sort(), ["next", "return"]);
  is(ReadableStream.prototype[Symbol.asyncIterator], ReadableStream.prototype.values);
  same(await iterator.next(), { value: "a", done: false });
  same(await iterator.return?.(untyped("r")), { value: "r", done: true });
  same(await iterator.next(), { value: undefined, done: true });
});

test("ReadableStream.from takes arrays, generators, streams and async iterables", async () => {
  same(await all(from(["a", "b"])), ["a", "b"]);
  same(await all(from("ab")), ["a", "b"]);
  same(await all(from([Promise.resolve(1)])), [1]);
  async function* numbers() {
    yield 1;
    yield 2;
  }
  same(await all(from(numbers())), [1, 2]);
  same(await all(from(of("s"))), ["s"]);
  for (const value of [null, undefined, 1, {}, Symbol.iterator])
    throws(TypeError, () => from(untyped(value)));
});

test("ReadableStream.from ends the iterator when it is cancelled", async () => {
  let ended = false;
  function* endless() {
    try {
      for (;;) yield 1;
    } finally {
      ended = true;
    }
  }
  const reader = from(endless()).getReader();
  await reader.read();
  await reader.cancel();
  is(ended, true);
});

test("strategies say their mark and size", () => {
  const count = new CountQueuingStrategy({ highWaterMark: 4 });
  const bytes = new ByteLengthQueuingStrategy({ highWaterMark: 5 });
  same([count.highWaterMark, count.size(untyped("x")), bytes.highWaterMark], [4, 1, 5]);
  is(bytes.size(untyped({ byteLength: 7 })), 7);
  is(count.size, new CountQueuingStrategy({ highWaterMark: 1 }).size);
  throws(TypeError, () => new CountQueuingStrategy(untyped({})));
  throws(TypeError, () => new ByteLengthQueuingStrategy(untyped(undefined)));
});

test("methods of other objects throw or reject", async () => {
  throws(TypeError, () => Reflect.apply(ReadableStream.prototype.getReader, {}, []));
  await rejects(TypeError, Reflect.apply(ReadableStream.prototype.cancel, {}, []));
  throws(TypeError, () => Object.getOwnPropertyDescriptor(ReadableStream.prototype, "locked")?.get?.call({}));
  ok(of() instanceof ReadableStream);
});
