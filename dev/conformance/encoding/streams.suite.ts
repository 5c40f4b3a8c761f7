/** Encoding standard, sections 7.5 and 7.6: TextDecoderStream and TextEncoderStream. */
import { is, rejects, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

async function through(
  stream: { readable: unknown; writable: unknown },
  chunks: readonly unknown[],
): Promise<unknown[]> {
  const source = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const seen: unknown[] = [];
  for await (const chunk of source.pipeThrough(stream as ReadableWritablePair)) seen.push(chunk);
  return seen;
}
const bytes = (...values: number[]) => new Uint8Array(values);

test("texts become bytes, a pair in two chunks is one character", async () => {
  same(await through(new TextEncoderStream(), ["a", "\ud83d", "\ude00b"]), [
    bytes(0x61),
    bytes(0xf0, 0x9f, 0x98, 0x80, 0x62),
  ]);
});

test("half a pair at the end, or before something else, is replaced", async () => {
  same(await through(new TextEncoderStream(), ["\ud83d"]), [bytes(0xef, 0xbf, 0xbd)]);
  same(await through(new TextEncoderStream(), ["\ud83d", "a"]), [bytes(0xef, 0xbf, 0xbd, 0x61)]);
});

test("other values are encoded as their text, empty ones give no chunk", async () => {
  same(await through(new TextEncoderStream(), [1, "", undefined, null]), [
    bytes(0x31),
    new TextEncoder().encode("undefined"),
    new TextEncoder().encode("null"),
  ]);
});

test("a symbol errors the stream", async () => {
  await rejects(TypeError, through(new TextEncoderStream(), [Symbol("a")]));
});

test("bytes become texts, a character in pieces comes when it is whole", async () => {
  same(await through(new TextDecoderStream(), [bytes(0xe2), bytes(0x82), bytes(0xac, 0x61)]), ["\u20aca"]);
  same(await through(new TextDecoderStream("utf-16le"), [bytes(0x3d, 0xd8), bytes(0, 0xde)]), ["\u{1f600}"]);
});

test("what is unfinished at the end is replaced, or errors if fatal", async () => {
  same(await through(new TextDecoderStream(), [bytes(0xe2)]), ["\ufffd"]);
  await rejects(TypeError, through(new TextDecoderStream("utf-8", { fatal: true }), [bytes(0xe2)]));
  await rejects(TypeError, through(new TextDecoderStream("utf-8", { fatal: true }), [bytes(0xff)]));
});

test("chunks may be buffers and views, and nothing else", async () => {
  same(await through(new TextDecoderStream(), [bytes(0x61).buffer, new DataView(bytes(0x62).buffer)]), [
    "a",
    "b",
  ]);
  for (const chunk of [undefined, null, 3, "text", {}, [1]]) {
    await rejects(TypeError, through(new TextDecoderStream(), [chunk]));
  }
});

test("they say their encoding and flags", () => {
  const stream = new TextDecoderStream("latin1", { fatal: true, ignoreBOM: true });
  same([stream.encoding, stream.fatal, stream.ignoreBOM], ["windows-1252", true, true]);
  is(new TextEncoderStream().encoding, "utf-8");
  throws(RangeError, () => new TextDecoderStream(untyped("nonsense")));
  same([stream.readable instanceof ReadableStream, stream.writable instanceof WritableStream], [true, true]);
});

test("the mark is taken away once", async () => {
  same(await through(new TextDecoderStream(), [bytes(0xef, 0xbb), bytes(0xbf, 0x61)]), ["a"]);
  same(await through(new TextDecoderStream("utf-8", { ignoreBOM: true }), [bytes(0xef, 0xbb, 0xbf)]), [
    "\ufeff",
  ]);
});
