/** File API, sections 3 and 4: Blob and File. */
import { is, ok, rejects, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const textOf = (parts: unknown, options?: object) => new Blob(untyped(parts), options).text();

test("parts are texts, bytes and Blobs, joined", async () => {
  const parts = [
    "a",
    new Uint8Array([98]),
    new Uint8Array([99]).buffer,
    new DataView(new ArrayBuffer(1)),
    new Blob(["d"]),
  ];
  is(await textOf(parts), "abc\0d");
  is(await textOf([1, null, {}, ["x", "y"]]), "1null[object Object]x,y");
  is(await textOf(["\ud800"]), "\ufffd");
  is(new Blob().size, 0);
});

test("any iterable object gives parts, nothing else does", async () => {
  is(await textOf(new Set(["a", "b"])), "ab");
  is(await textOf(new Uint8Array([1, 23])), "123");
  is(await textOf(new String("xy")), "xy");
  for (const parts of [null, "text", 1, {}, new Date(), () => {}])
    throws(TypeError, () => new Blob(untyped(parts)));
});

test("bytes are copied when the Blob is made", async () => {
  const bytes = new Uint8Array([97, 98]);
  const blob = new Blob([bytes]);
  bytes[0] = 120;
  is(await blob.text(), "ab");
  const copy = new Uint8Array(await blob.arrayBuffer());
  copy[0] = 120;
  is(await blob.text(), "ab");
});

test("the type is lower case, and empty if it has other characters", () => {
  same(
    ["TEXT/Plain", "a b", "\u00e9", "a\n", untyped(null), undefined].map(
      (type) => new Blob([], untyped({ type })).type,
    ),
    ["text/plain", "a b", "", "", "null", ""],
  );
});

test("endings change line breaks on request only", async () => {
  is(await textOf(["a\r\nb\rc\n"]), "a\r\nb\rc\n");
  is(await textOf(["a\r\nb\rc\n"], { endings: "native" }), "a\nb\nc\n");
  throws(TypeError, () => new Blob([], untyped({ endings: "other" })));
  throws(TypeError, () => new Blob([], untyped("text")));
});

test("slice counts from either end and keeps within the Blob", async () => {
  const blob = new Blob(["0123456789"], { type: "a/b" });
  const cases: readonly [[number?, number?], string][] = [
    [[], "0123456789"],
    [[3], "3456789"],
    [[2, 5], "234"],
    [[-3], "789"],
    [[-3, -1], "78"],
    [[5, 2], ""],
    [[20], ""],
    [[-20, 2], "01"],
    [[0, Number.NaN], ""],
    [[untyped(null), untyped("4")], "0123"],
    [[2.5], "23456789"],
    [[0, Number.POSITIVE_INFINITY], "0123456789"],
  ];
  for (const [args, expected] of cases) is(await blob.slice(...args).text(), expected, String(args));
  same([blob.slice().type, blob.slice(0, 1, "X/Y").type], ["", "x/y"]);
});

test("arrayBuffer, bytes, text and stream give the same", async () => {
  const blob = new Blob(["a\u00e9"]);
  const expected = [0x61, 0xc3, 0xa9];
  same([...new Uint8Array(await blob.arrayBuffer())], expected);
  same([...(await blob.bytes())], expected);
  const chunks: number[] = [];
  for await (const chunk of blob.stream()) chunks.push(...chunk);
  same(chunks, expected);
});

test("text takes the byte order mark away and replaces what is malformed", async () => {
  is(await new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])]).text(), "a\ufffd");
});

test("the stream is of bytes, and of large Blobs in pieces", async () => {
  const blob = new Blob([new Uint8Array(300_000).fill(7)]);
  const reader = blob.stream().getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(10));
  same(
    [...(value ?? [])],
    Array.from({ length: 10 }, () => 7),
  );
  await reader.cancel();
  let size = 0;
  for await (const chunk of blob.stream()) size += chunk.byteLength;
  is(size, 300_000);
  const empty = await new Blob([]).stream().getReader({ mode: "byob" }).read(new Uint8Array(1));
  is(empty.done, true);
});

test("methods of another object reject", async () => {
  await rejects(TypeError, Reflect.apply(Blob.prototype.text, {}, []));
  await rejects(TypeError, Reflect.apply(Blob.prototype.arrayBuffer, {}, []));
  throws(TypeError, () => Reflect.apply(Blob.prototype.slice, {}, []));
});

test("a File has a name and a time", () => {
  const before = Date.now();
  const file = new File(["a"], "n/\u00e9", { type: "T/x" });
  same([file.name, file.type, file.size, file instanceof Blob], ["n/\u00e9", "t/x", 1, true]);
  ok(file.lastModified >= before);
  is(new File([], "n", { lastModified: 5 }).lastModified, 5);
  is(new File([], "n", { lastModified: untyped(new Date(7)) }).lastModified, 7);
  is(new File([], untyped(null)).name, "null");
  is(new File([], "\ud800").name, "\ufffd");
});

test("a File wants parts and a name", () => {
  throws(TypeError, () => Reflect.construct(File, []));
  throws(TypeError, () => Reflect.construct(File, [[]]));
  throws(TypeError, () => new File(untyped(undefined), "n"));
  throws(TypeError, () => new File(untyped("a"), "n"));
});

test("parts are read one after another, before the options, and each becomes text as it is read", async () => {
  const seen: string[] = [];
  const say = (word: string) => ({
    toString() {
      seen.push(word);
      return word;
    },
  });
  function* parts() {
    yield say("a");
    seen.push("between");
    yield say("b");
  }
  const options = {
    get type() {
      seen.push("type");
      return "";
    },
  };
  is(await textOf(parts(), options), "ab");
  same(seen, ["a", "between", "b", "type"]);
});
