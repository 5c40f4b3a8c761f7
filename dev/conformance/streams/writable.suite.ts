/** Streams standard, section 5: WritableStream; 6: TransformStream; 4.2.4: pipeTo and pipeThrough. */
import { is, ok, rejects, rejectsExactly, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const soon = () => new Promise((resolve) => setTimeout(resolve, 3));
const of = <Chunk>(...chunks: Chunk[]) =>
  new ReadableStream<Chunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

test("writes are done one after another, close comes last", async () => {
  const calls: unknown[] = [];
  const writer = new WritableStream({
    start: () => void calls.push("start"),
    write: async (chunk) => {
      calls.push(`begin ${chunk}`);
      await soon();
      calls.push(`end ${chunk}`);
    },
    close: () => void calls.push("close"),
  }).getWriter();
  void writer.write("a");
  void writer.write("b");
  await writer.close();
  same(calls, ["start", "begin a", "end a", "begin b", "end b", "close"]);
  await writer.closed;
});

test("desiredSize and ready tell of back-pressure", async () => {
  let release: () => void = () => {};
  const writer = new WritableStream({
    write: () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  }).getWriter();
  await writer.ready;
  is(writer.desiredSize, 1);
  const writing = writer.write("a");
  is(writer.desiredSize, 0);
  let ready = false;
  void writer.ready.then(() => {
    ready = true;
  });
  await soon();
  is(ready, false);
  release();
  await writing;
  await writer.ready;
  is(writer.desiredSize, 1);
});

test("an error in write fails this one and all after it", async () => {
  const reason = new Error("write");
  const writer = new WritableStream({
    write() {
      throw reason;
    },
  }).getWriter();
  await rejectsExactly(reason, writer.write("a"));
  await rejectsExactly(reason, writer.write("b"));
  await rejectsExactly(reason, writer.closed);
  is(writer.desiredSize, null);
});

test("abort drops what waits, tells the sink and the controller's signal", async () => {
  const calls: unknown[] = [];
  let signal!: AbortSignal;
  const stream = new WritableStream({
    start: (controller) => {
      signal = controller.signal;
    },
    abort: (reason) => void calls.push(reason),
  });
  await soon();
  await stream.abort("why");
  same([calls, signal.aborted, signal.reason], [["why"], true, "why"]);
  await rejectsExactly("why", stream.getWriter().closed);
});

test("controller.error fails the stream", async () => {
  let controller!: WritableStreamDefaultController;
  const writer = new WritableStream({
    start: (given) => {
      controller = given;
    },
  }).getWriter();
  controller.error("broken");
  await rejectsExactly("broken", writer.closed);
  await rejectsExactly("broken", writer.ready);
});

test("a stream has one writer at a time", async () => {
  const stream = new WritableStream();
  const writer = stream.getWriter();
  is(stream.locked, true);
  throws(TypeError, () => stream.getWriter());
  await rejects(TypeError, stream.abort());
  await rejects(TypeError, stream.close());
  writer.releaseLock();
  is(stream.locked, false);
  await rejects(TypeError, writer.write("a"));
  throws(TypeError, () => writer.desiredSize);
  await stream.close();
  await rejects(TypeError, stream.close());
});

test("a sink of a type is refused", () => {
  throws(RangeError, () => new WritableStream(untyped({ type: "bytes" })));
  throws(TypeError, () => new WritableStream(untyped({ write: 1 })));
  throws(RangeError, () => new WritableStream({}, { highWaterMark: -1 }));
});

test("a transform passes on what its transformer makes, flush comes at the end", async () => {
  const seen: unknown[] = [];
  const transform = new TransformStream<string, string>({
    transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()),
    flush: (controller) => controller.enqueue("."),
  });
  for await (const chunk of of("a", "b").pipeThrough(transform)) seen.push(chunk);
  same(seen, ["A", "B", "."]);
});

test("without a transformer chunks go through as they are", async () => {
  const seen: unknown[] = [];
  for await (const chunk of of<unknown>(1, {}).pipeThrough(new TransformStream())) seen.push(chunk);
  same(seen, [1, {}]);
});

test("a transform's error reaches both sides", async () => {
  const reason = new Error("transform");
  const { readable, writable } = new TransformStream({
    transform() {
      throw reason;
    },
  });
  const writer = writable.getWriter();
  const reading = rejectsExactly(reason, readable.getReader().read());
  await rejectsExactly(reason, writer.write("a"));
  await reading;
  await rejectsExactly(reason, writer.closed);
});

test("terminate closes the readable side and fails the writable one", async () => {
  const { readable, writable } = new TransformStream({
    transform: (_chunk, controller) => controller.terminate(),
  });
  const writer = writable.getWriter();
  const reading = readable.getReader().read();
  await rejects(
    TypeError,
    writer.write("a").then(() => writer.closed),
  );
  same(await reading, { value: undefined, done: true });
});

test("cancelling the readable side tells the transformer", async () => {
  let told: unknown;
  const { readable, writable } = new TransformStream(
    untyped({
      cancel: (reason: unknown) => {
        told = reason;
      },
    }),
  );
  await readable.cancel("no more");
  is(told, "no more");
  await rejectsExactly("no more", writable.getWriter().closed);
});

test("transform streams refuse types, and start with no room to read", () => {
  throws(RangeError, () => new TransformStream(untyped({ readableType: "bytes" })));
  throws(RangeError, () => new TransformStream(untyped({ writableType: "bytes" })));
  const { readable, writable } = new TransformStream();
  same([readable.locked, writable.locked], [false, false]);
});

test("pipeTo closes the target at the end, unless told not to", async () => {
  const calls: unknown[] = [];
  const sink = () =>
    new WritableStream({ write: (chunk) => void calls.push(chunk), close: () => void calls.push("close") });
  is(await of("a").pipeTo(sink()), undefined);
  await of("b").pipeTo(sink(), { preventClose: true });
  same(calls, ["a", "close", "b"]);
});

test("pipeTo passes an error on to the target, unless told not to", async () => {
  const reason = new Error("source");
  const broken = () => new ReadableStream({ start: (controller) => controller.error(reason) });
  let told: unknown;
  const target = new WritableStream({
    abort: (given) => {
      told = given;
    },
  });
  await rejectsExactly(reason, broken().pipeTo(target));
  is(told, reason);
  const kept = new WritableStream();
  await rejectsExactly(reason, broken().pipeTo(kept, { preventAbort: true }));
  await kept.getWriter().close();
});

test("pipeTo cancels the source when the target fails, unless told not to", async () => {
  const reason = new Error("target");
  const failing = () =>
    new WritableStream({
      write() {
        throw reason;
      },
    });
  let told: unknown;
  const source = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue("x"),
      cancel: (given) => {
        told = given;
      },
    });
  await rejectsExactly(reason, source().pipeTo(failing()));
  is(told, reason);
  const kept = source();
  await rejectsExactly(reason, kept.pipeTo(failing(), { preventCancel: true }));
  is(kept.locked, false);
});

test("pipeTo stops by a signal", async () => {
  const controller = new AbortController();
  let [cancelled, aborted]: unknown[] = [];
  const source = new ReadableStream({
    cancel: (reason) => {
      cancelled = reason;
    },
  });
  const target = new WritableStream({
    abort: (reason) => {
      aborted = reason;
    },
  });
  const piping = source.pipeTo(target, { signal: controller.signal });
  controller.abort("stop");
  await rejectsExactly("stop", piping);
  same([cancelled, aborted, source.locked, target.locked], ["stop", "stop", false, false]);
  await rejects(TypeError, of("a").pipeTo(new WritableStream(), { signal: untyped({}) }));
});

test("pipeTo and pipeThrough refuse what is locked or no stream", async () => {
  const locked = of("a");
  locked.getReader();
  await rejects(TypeError, locked.pipeTo(new WritableStream()));
  await rejects(TypeError, of("a").pipeTo(untyped({})));
  throws(TypeError, () => of("a").pipeThrough(untyped({})));
  const { readable, writable } = new TransformStream();
  writable.getWriter();
  throws(TypeError, () => of("a").pipeThrough({ readable, writable }));
});

test("pipeThrough answers the readable side", () => {
  const transform = new TransformStream();
  const { readable } = transform;
  is(of("a").pipeThrough(transform), readable);
  ok(readable instanceof ReadableStream);
});

test("back-pressure reaches through a pipe", async () => {
  let pulled = 0;
  const source = new ReadableStream(
    {
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(pulled);
      },
    },
    { highWaterMark: 0 },
  );
  const slow = new WritableStream({ write: () => new Promise(() => {}) });
  void source.pipeThrough(new TransformStream()).pipeTo(slow);
  await new Promise((resolve) => setTimeout(resolve, 20));
  ok(pulled <= 4, `pulled ${pulled}`);
});
