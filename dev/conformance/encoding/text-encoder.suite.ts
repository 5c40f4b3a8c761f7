/** Encoding standard, section 7.2 to 7.4: TextEncoder and TextDecoder. */
import { is, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const encode = (text: string) => [...new TextEncoder().encode(text)];

test("encode gives UTF-8, with U+FFFD for halves of pairs", () => {
  same(encode("a\u00e9\u20ac\u{1f600}"), [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]);
  same(encode("\ud800a"), [0xef, 0xbf, 0xbd, 0x61]);
  same(encode("\udc00\ud800"), [0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd]);
  same(encode("\ufeff"), [0xef, 0xbb, 0xbf]);
});

test("encode without an argument is empty, with another value its text", () => {
  const encoder = new TextEncoder();
  is(encoder.encode().byteLength, 0);
  is(encoder.encode(untyped(undefined)).byteLength, 0);
  same([...encoder.encode(untyped(null))], encode("null"));
  throws(TypeError, () => encoder.encode(untyped(Symbol("a"))));
  is(encoder.encoding, "utf-8");
});

test("long texts are encoded whole", () => {
  const text = "aé€😀".repeat(50_000);
  is(new TextDecoder().decode(new TextEncoder().encode(text)), text);
});

for (const [title, source, room, read, written] of [
  ["everything fits", "a\u20ac", 10, 2, 4],
  ["no room", "a", 0, 0, 0],
  ["half a character does not fit", "\u20ac\u20ac", 5, 1, 3],
  ["a pair counts twice", "\u{1f600}b", 4, 2, 4],
  ["a pair does not fit", "a\u{1f600}", 4, 1, 1],
  ["half a pair is replaced", "\ud800a", 10, 2, 4],
  ["half a pair at the end", "a\ud800", 3, 1, 1],
] as const) {
  test(`encodeInto: ${title}`, () => {
    const target = new Uint8Array(room + 2).fill(7);
    const result = new TextEncoder().encodeInto(source, target.subarray(0, room));
    same([result.read, result.written], [read, written]);
    same(
      [...target.subarray(written)],
      Array.from({ length: room + 2 - written }, () => 7),
    );
  });
}

test("encodeInto wants a Uint8Array", () => {
  const encoder = new TextEncoder();
  for (const target of [new ArrayBuffer(4), new Int8Array(4), new DataView(new ArrayBuffer(4)), [], null]) {
    throws(TypeError, () => encoder.encodeInto("a", untyped(target)));
  }
  throws(TypeError, () => Reflect.apply(encoder.encodeInto, encoder, ["a"]));
});

test("encodeInto a view whose memory is gone writes nothing", () => {
  const target = new Uint8Array(4);
  structuredClone(target.buffer, { transfer: [target.buffer] });
  same(Object.values(new TextEncoder().encodeInto("a", target)), [0, 0]);
});

test("decode takes buffers, views and nothing", () => {
  const decoder = new TextDecoder();
  is(decoder.decode(), "");
  is(decoder.decode(bytes(0x61).buffer), "a");
  is(decoder.decode(new DataView(bytes(0x61, 0x62, 0x63).buffer, 1, 1)), "b");
  is(decoder.decode(new Uint16Array([0x6261])), "ab");
  throws(TypeError, () => decoder.decode(untyped("a")));
  throws(TypeError, () => decoder.decode(untyped([97])));
  throws(TypeError, () => decoder.decode(bytes(97), untyped(1)));
});

test("malformed UTF-8 is replaced as the standard counts", () => {
  const cases: readonly [number[], string][] = [
    [[0xff], "\ufffd"],
    [[0xc0, 0x80], "\ufffd\ufffd"],
    [[0xe2, 0x82], "\ufffd"],
    [[0xe2, 0x82, 0x61], "\ufffda"],
    [[0xf0, 0x9f, 0x98], "\ufffd"],
    [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
    [[0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
    [[0xf8, 0x88], "\ufffd\ufffd"],
    [[0x80], "\ufffd"],
    [[0xf0, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
    [[0xe0, 0x80, 0xaf], "\ufffd\ufffd\ufffd"],
  ];
  for (const [input, expected] of cases)
    is(new TextDecoder().decode(bytes(...input)), expected, String(input));
  const long = new Uint8Array(5_000).fill(0x61);
  long[4_000] = 0xff;
  is(new TextDecoder().decode(long), `${"a".repeat(4_000)}\ufffd${"a".repeat(999)}`);
});

test("fatal throws a TypeError, and the decoder can be used again", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  throws(TypeError, () => decoder.decode(bytes(0xff)));
  throws(TypeError, () => decoder.decode(bytes(0xe2, 0x82)));
  is(decoder.decode(bytes(0xe2, 0x82, 0xac)), "\u20ac");
  const long = new Uint8Array(5_000).fill(0xc3);
  throws(TypeError, () => decoder.decode(long));
});

test("the byte order mark is taken away once, unless it is to stay", () => {
  const mark = bytes(0xef, 0xbb, 0xbf, 0x61, 0xef, 0xbb, 0xbf);
  is(new TextDecoder().decode(mark), "a\ufeff");
  is(new TextDecoder("utf-8", { ignoreBOM: true }).decode(mark), "\ufeffa\ufeff");
  is(new TextDecoder("utf-16le").decode(bytes(0xff, 0xfe, 0x61, 0)), "a");
  is(new TextDecoder("utf-16be").decode(bytes(0xfe, 0xff, 0, 0x61)), "a");
  const decoder = new TextDecoder();
  is(decoder.decode(mark), "a\ufeff");
  is(decoder.decode(mark), "a\ufeff");
});

test("a mark in pieces is still one", () => {
  const decoder = new TextDecoder();
  let text = "";
  for (const byte of [0xef, 0xbb, 0xbf, 0x61]) text += decoder.decode(bytes(byte), { stream: true });
  is(text + decoder.decode(), "a");
});

for (const [encoding, input, expected] of [
  ["utf-8", [0x61, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], "a\u20ac\u{1f600}"],
  ["utf-16le", [0x3d, 0xd8, 0, 0xde, 0x61, 0], "\u{1f600}a"],
  ["utf-16be", [0xd8, 0x3d, 0xde, 0, 0, 0x61], "\u{1f600}a"],
  ["shift_jis", [0x83, 0x65, 0x83, 0x58, 0x83, 0x67], "\u30c6\u30b9\u30c8"],
  ["euc-jp", [0xa5, 0xc6, 0x8f, 0xb0, 0xa1, 0x8e, 0xb1], "\u30c6\u4e02\uff71"],
  ["iso-2022-jp", [0x1b, 0x24, 0x42, 0x25, 0x46, 0x1b, 0x28, 0x42, 0x61], "\u30c6a"],
  ["gb18030", [0xd6, 0xd0, 0x81, 0x30, 0x81, 0x30, 0x94, 0x39, 0xda, 0x33], "\u4e2d\u0080\u{1f4a9}"],
  ["gbk", [0xd6, 0xd0, 0x80], "\u4e2d\u20ac"],
  ["big5", [0xa4, 0xa4, 0x88, 0x62], "\u4e2d\u00ca\u0304"],
  ["euc-kr", [0xc7, 0xd1, 0xb1, 0xdb], "\ud55c\uae00"],
  ["windows-1252", [0x80, 0x81, 0xe9], "\u20ac\u0081\u00e9"],
  ["koi8-u", [0xa4, 0xd0], "\u0454\u043f"],
  ["iso-8859-8-i", [0xe0], "\u05d0"],
  ["macintosh", [0x80], "\u00c4"],
  ["x-user-defined", [0x61, 0x80, 0xff], "a\uf780\uf7ff"],
  ["windows-874", [0xa1], "\u0e01"],
] as const) {
  test(`${encoding}: whole and byte by byte give the same`, () => {
    is(new TextDecoder(encoding).decode(bytes(...input)), expected, "whole");
    const decoder = new TextDecoder(encoding);
    let text = "";
    for (const byte of input) text += decoder.decode(bytes(byte), { stream: true });
    is(text + decoder.decode(), expected, "byte by byte");
    is(decoder.decode(bytes(...input)), expected, "used again");
  });
}

test("multi-byte text comes as soon as it is complete", () => {
  const decoder = new TextDecoder("shift_jis");
  same(
    [decoder.decode(bytes(0x83), { stream: true }), decoder.decode(bytes(0x65), { stream: true })],
    ["", "\u30c6"],
  );
});

test("a lead byte before ASCII leaves the ASCII", () => {
  is(new TextDecoder("shift_jis").decode(bytes(0x85, 0x41)), "\ufffdA");
  is(new TextDecoder("big5").decode(bytes(0x81, 0x41)), "\ufffdA");
  is(new TextDecoder("euc-kr").decode(bytes(0x81, 0x20)), "\ufffd ");
  is(new TextDecoder("gb18030").decode(bytes(0x81, 0x30, 0x81)), "\ufffd");
  throws(TypeError, () => new TextDecoder("big5", { fatal: true }).decode(bytes(0x80)));
});

test("what is unfinished at the end is replaced", () => {
  const decoder = new TextDecoder();
  is(decoder.decode(bytes(0xe2, 0x82), { stream: true }), "");
  is(decoder.decode(), "\ufffd");
  const wide = new TextDecoder("utf-16le");
  is(wide.decode(bytes(0x3d, 0xd8, 0x61), { stream: true }), "");
  is(wide.decode(), "\ufffd");
  throws(TypeError, () => new TextDecoder("utf-16le", { fatal: true }).decode(bytes(0)));
  is(new TextDecoder("utf-16le").decode(bytes(0, 0xdc, 0x61, 0)), "\ufffda");
});
