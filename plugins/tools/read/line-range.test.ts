import assert from "node:assert/strict";
import { test } from "node:test";
import { readLines, type RangeBounds } from "./line-range.ts";

const BOUNDS: RangeBounds = { pieceBytes: 7, scanBytes: 10_000, lineChars: 20, totalChars: 1_000 };

function reader(text: string) {
  const bytes = new TextEncoder().encode(text);
  const asked: number[] = [];
  const read = async (from: number, length: number) => {
    asked.push(from);
    return bytes.subarray(from, from + length);
  };
  return { read, asked };
}

function range(text: string, offset: number, limit: number, bounds: Partial<RangeBounds> = {}) {
  return readLines(reader(text).read, { offset, limit }, { ...BOUNDS, ...bounds });
}

const NUMBERS = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`).join("\n");

test("a range of lines is what it is in the whole text, however the pieces fall", async () => {
  const texts = [NUMBERS, `${NUMBERS}\n`, "a\n\n\nb", "a\n\n", "\n", "é\n漢字\n🙂🙂", "one\r\ntwo\r\n"];
  for (const text of texts) {
    const all = text.replaceAll("\r", "").replace(/\n$/, "").split("\n");
    for (const pieceBytes of [1, 2, 3, 7, 1_000]) {
      for (const [offset, limit] of [
        [1, 1],
        [1, 1_000],
        [2, 2],
        [3, 50],
        [99, 5],
      ] as const) {
        const found = await range(text, offset, limit, { pieceBytes });
        const about = `${JSON.stringify(text.slice(0, 20))} ${pieceBytes} ${offset} ${limit}`;
        assert.deepEqual(found.lines, all.slice(offset - 1, offset - 1 + limit), about);
        assert.equal(found.hasMore, offset - 1 + limit < all.length, about);
      }
    }
  }
});

test("no more is read than the range and the byte that tells that more follows", async () => {
  const { read, asked } = reader(NUMBERS);
  await readLines(read, { offset: 1, limit: 2 }, BOUNDS);
  assert.deepEqual(asked, [0, 7, 14]);
});

test("of a long line the beginning is shown and its length told; the next one is whole", async () => {
  const found = await range(`${"x".repeat(5_000)}\nnext`, 1, 5);
  assert.equal(found.lines[0], `${"x".repeat(20)} … [the line goes on: 5000 bytes in all]`);
  assert.deepEqual([found.lines[1], found.cutLines], ["next", 1]);
});

test("a long line is not cut through a character", async () => {
  const found = await range(`${"x".repeat(19)}🙂🙂`, 1, 1);
  assert.match(found.lines[0] ?? "", /^x{19} …/);
});

test("lines past the bound of all are left for the next call, which has them", async () => {
  const first = await range(NUMBERS, 1, 100, { totalChars: 50 });
  assert.deepEqual([first.stopped, first.hasMore], ["total", true]);
  const next = await range(NUMBERS, first.lines.length + 1, 100, { totalChars: 50 });
  assert.equal(next.lines[0], `line ${first.lines.length + 1}`);
});

test("past so many bytes nothing is looked for any more", async () => {
  const found = await range(NUMBERS, 90, 5, { scanBytes: 50 });
  assert.deepEqual([found.lines, found.stopped, found.counted], [[], "scan", 7]);
});

test("a byte order mark is no text", async () => {
  assert.deepEqual((await range("\ufeffhello", 1, 1)).lines, ["hello"]);
});
