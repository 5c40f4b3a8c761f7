/** Streams standard, sections 4.7 and 4.5: byte streams and readers that bring their own buffer. */
import { is, rejects, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

interface Requesting {
  readonly byobRequest: {
    readonly view: Uint8Array;
    respond(bytes: number): void;
    respondWithNewView(view: Uint8Array): void;
  } | null;
}

function controlled(
  source: object = {},
): [ReadableStream<Uint8Array>, ReadableByteStreamController & Requesting] {
  let controller!: ReadableByteStreamController;
  const stream = new ReadableStream({
    type: "bytes",
    start: (given: ReadableByteStreamController) => {
      controller = given;
    },
    ...source,
  } as never) as ReadableStream<Uint8Array>;
  return [stream, controller as ReadableByteStreamController & Requesting];
}
const bytes = (...values: number[]) => new Uint8Array(values);

test("chunks are views, and their buffers move", async () => {
  const [stream, controller] = controlled();
  const chunk = bytes(1, 2);
  controller.enqueue(chunk);
  is(chunk.byteLength, 0);
  same((await stream.getReader().read()).value, bytes(1, 2));
});

test("only views that have bytes can be enqueued", () => {
  const [, controller] = controlled();
  throws(TypeError, () => controller.enqueue(untyped("a")));
  throws(TypeError, () => controller.enqueue(untyped(new ArrayBuffer(1))));
  throws(TypeError, () => controller.enqueue(new Uint8Array(0)));
});

test("a reader with its own buffer gets a view on its memory", async () => {
  const [stream, controller] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  const view = new Uint8Array(4);
  const reading = reader.read(view);
  is(view.byteLength, 0);
  controller.enqueue(bytes(1, 2, 3, 4, 5));
  same((await reading).value, bytes(1, 2, 3, 4));
  same((await reader.read(new Uint8Array(4))).value, bytes(5));
});

test("byobRequest fills the reader's memory itself", async () => {
  const [stream, controller] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  const reading = reader.read(new Uint8Array(4));
  const request = controller.byobRequest;
  is(request?.view.byteLength, 4);
  request?.view.set([7, 8]);
  request?.respond(2);
  same((await reading).value, bytes(7, 8));
  is(controller.byobRequest, null);
  throws(TypeError, () => request?.respond(1));
});

test("respondWithNewView takes the same memory elsewhere", async () => {
  const [stream, controller] = controlled();
  const reading = stream.getReader({ mode: "byob" }).read(new Uint8Array(2));
  const view = controller.byobRequest?.view ?? new Uint8Array(0);
  const moved = new Uint8Array(view.buffer.transfer(), 0, 1);
  moved[0] = 9;
  controller.byobRequest?.respondWithNewView(moved);
  same((await reading).value, bytes(9));
});

test("views of other kinds get whole elements; the rest waits", async () => {
  const [stream, controller] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  const reading = reader.read(new Uint16Array(2));
  controller.enqueue(bytes(1, 0, 2));
  same([...((await reading).value as unknown as Uint16Array)], [1]);
  const rest = reader.read(new Uint16Array(1));
  controller.enqueue(bytes(3));
  same([...((await rest).value as unknown as Uint16Array)], [0x0302]);
});

test("min waits until so many elements are there", async () => {
  const [stream, controller] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  let done = false;
  const reading = reader.read(new Uint8Array(4), untyped({ min: 3 }));
  void reading.then(() => {
    done = true;
  });
  controller.enqueue(bytes(1, 2));
  await new Promise((resolve) => setTimeout(resolve, 2));
  is(done, false);
  controller.enqueue(bytes(3));
  same((await reading).value, bytes(1, 2, 3));
  await rejects(TypeError, reader.read(new Uint8Array(1), untyped({ min: 0 })));
  await rejects(RangeError, reader.read(new Uint8Array(1), untyped({ min: 2 })));
});

test("the end gives the reader's memory back, without bytes", async () => {
  const [stream, controller] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  const reading = reader.read(new Uint8Array(4));
  controller.close();
  controller.byobRequest?.respond(0);
  const { value, done } = await reading;
  same([done, value?.byteLength, value?.buffer.byteLength], [true, 0, 4]);
});

test("views without room or memory are refused", async () => {
  const [stream] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  await rejects(TypeError, reader.read(new Uint8Array(0)));
  await rejects(TypeError, reader.read(untyped(undefined)));
  await rejects(TypeError, reader.read(untyped(new ArrayBuffer(1))));
  throws(TypeError, () => new ReadableStream().getReader({ mode: "byob" }));
});

test("autoAllocateChunkSize gives ordinary reads a byobRequest", async () => {
  const [stream] = controlled({
    autoAllocateChunkSize: 16,
    pull(controller: Requesting) {
      controller.byobRequest?.view.set([1, 2]);
      controller.byobRequest?.respond(2);
    },
  });
  same((await stream.getReader().read()).value, bytes(1, 2));
  throws(TypeError, () => controlled({ autoAllocateChunkSize: 0 }));
});

test("tee of a byte stream gives byte streams, with bytes of their own", async () => {
  const [stream, controller] = controlled();
  const [left, right] = stream.tee();
  const [leftReader, rightReader] = [left.getReader({ mode: "byob" }), right.getReader({ mode: "byob" })];
  const both = [leftReader.read(new Uint8Array(3)), rightReader.read(new Uint8Array(3))];
  controller.enqueue(bytes(1, 2, 3));
  const [a, b] = await Promise.all(both);
  same([a?.value, b?.value], [bytes(1, 2, 3), bytes(1, 2, 3)]);
  if (a?.value !== undefined) a.value[0] = 9;
  is(b?.value?.[0], 1);
});

test("cancel drops what waits", async () => {
  const [stream] = controlled();
  const reader = stream.getReader({ mode: "byob" });
  const waiting = reader.read(new Uint8Array(1));
  await reader.cancel();
  same(await waiting, { value: undefined, done: true });
});
