import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fileOf, formatNote, matches, parseNotes } from "./note-lines.ts";

const now = new Date(2026, 10, 27, 9, 5);

test("a note is a dated line with its tags, in its month's file", () => {
  assert.equal(
    formatNote(" Buy milk ", ["#shopping", "to do"], now),
    "- 2026-11-27 09:05 Buy milk #shopping #to-do\n",
  );
  assert.equal(formatNote("a\r\nb", ["x"], now), "- 2026-11-27 09:05 a\n  b #x\n");
  assert.equal(fileOf(now), "2026-11.md");
});

test("whatever is noted is read back as one note with the same text, beside others", () => {
  const text = fc.string({ minLength: 1 }).filter((value) => value.trim() !== "" && !/\r/.test(value));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
      const notes = parseNotes(texts.map((one) => formatNote(one, [], now)).join(""));
      const plain = (one: string) =>
        one
          .trim()
          .split("\n")
          .map((line) => line.trimEnd())
          .join("\n");
      assert.deepEqual(
        notes.map((note) => note.text),
        texts.map(plain),
      );
      assert.ok(notes.every(({ when }) => when === "2026-11-27 09:05"));
    }),
  );
});

test("lines by hand are notes too, headings are not, and all words must occur", () => {
  const notes = parseNotes("# November\n\n- 2026-11-01 10:00 Tea #shop\n- by hand\nplain line\n");
  assert.deepEqual(
    notes.map(({ text }) => text),
    ["Tea #shop", "by hand", "plain line"],
  );
  const [tea] = notes;
  assert.ok(tea !== undefined);
  assert.deepEqual(
    ["tea", "TEA #shop", "2026-11-01", "tea milk", ""].map((query) => matches(tea, query)),
    [true, true, true, false, true],
  );
});
