/** Splitting an answer into blocks: what holds for any answer, and what people see. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BlockChunking } from "#host/base/agent-settings.ts";
import { createBlockSplitter, type Block } from "./split.ts";

const SMALL: BlockChunking = { minChars: 40, maxChars: 120, breakPreference: "paragraph" };

function split(pieces: readonly string[], settings = SMALL): Block[] {
  const splitter = createBlockSplitter(settings);
  return [...pieces.flatMap((piece) => splitter.add(piece)), ...splitter.end()];
}

const texts = (blocks: readonly Block[]) => blocks.map(({ text }) => text);

/** The reader's view of fences, told apart from the code under test: lines alone, no state from before. */
function isBalanced(text: string): boolean {
  let open = "";
  for (const line of text.split("\n")) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (open === "") {
      if (mark !== "" && !(mark.startsWith("`") && line.trim().slice(mark.length).includes("`"))) open = mark;
    } else if (mark !== "" && mark.startsWith(open) && line.trim() === mark) open = "";
  }
  return open === "";
}

const word = fc.oneof(
  fc.stringMatching(/^[a-zäß]{1,12}$/),
  fc.constantFrom(
    "Yes.",
    "Why?",
    "👩‍👩‍👧‍👦",
    "é́",
    "🇩🇪🇫🇷",
    "`code`",
    "[a link](https://example.org/a b)",
    "https://example.org/x?y=1",
  ),
);
const line = fc.array(word, { maxLength: 18 }).map((words) => words.join(" "));
const paragraph = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n"));
const fence = fc
  .tuple(
    fc.constantFrom("```", "~~~", "````"),
    fc.constantFrom("", "js", "ts title"),
    fc.array(line, { maxLength: 12 }),
    fc.boolean(),
  )
  .map(([mark, info, lines, isClosed]) => `${mark}${info}\n${lines.join("\n")}\n${isClosed ? mark : ""}`);
const answer = fc
  .array(fc.oneof(paragraph, fence, fc.constant("x".repeat(300)), fc.constant("")), { maxLength: 8 })
  .chain((parts) => fc.constantFrom("\n", "\n\n", "\n\n\n").map((between) => parts.join(between)));
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });

function piecesOf(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, next = 0; at < text.length; next++) {
    const size = sizes[next % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const settings = fc.record({
  minChars: fc.integer({ min: 1, max: 80 }),
  maxChars: fc.integer({ min: 80, max: 200 }),
  breakPreference: fc.constantFrom("paragraph" as const, "newline" as const, "sentence" as const),
});

test("whatever the answer and however it streams: the blocks joined are the answer, each short enough and with balanced fences", () => {
  fc.assert(
    fc.property(answer, cuts, settings, (text, sizes, chosen) => {
      const blocks = split(piecesOf(text, sizes), chosen);
      assert.equal(blocks.map(({ source }) => source).join(""), text);
      for (const block of blocks) {
        assert.ok(block.source.length > 0);
        assert.ok(block.text.length <= chosen.maxChars, `${block.text.length} characters`);
        assert.ok(isBalanced(block.text), JSON.stringify(block.text));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("no block ends inside a grapheme cluster or a link", () => {
  const clusters = new Intl.Segmenter("en", { granularity: "grapheme" });
  const prose = fc.array(word, { minLength: 1, maxLength: 80 }).map((words) => words.join(" "));
  fc.assert(
    fc.property(prose, cuts, settings, (text, sizes, chosen) => {
      const whole = new Set([...clusters.segment(text)].map(({ index }) => index));
      const links = [...text.matchAll(/\[a link\]\([^)]*\)|(?<!\()https:\S+/g)];
      let at = 0;
      for (const { source } of split(piecesOf(text, sizes), chosen)) {
        assert.ok(whole.has(at), `a cluster is cut at ${at}`);
        const inside = links.find(({ index, 0: link }) => index < at && at < index + link.length);
        assert.equal(inside?.[0], undefined);
        at += source.length;
      }
    }),
    { numRuns: 1_000 },
  );
});

test("how an answer is cut does not hang on the pieces in which it came", () => {
  fc.assert(
    fc.property(answer, cuts, settings, (text, sizes, chosen) => {
      assert.deepEqual(split(piecesOf(text, sizes), chosen), split(piecesOf(text, [1]), chosen));
    }),
    { numRuns: 300 },
  );
});

test("paragraphs are blocks; short ones stay together", () => {
  const [one, two, three] = ["First. ".repeat(7).trim(), "Second. ".repeat(6).trim(), "Third."];
  assert.deepEqual(texts(split([`${one}\n\n${two}\n\n${three}`])), [one, two, three]);
  assert.deepEqual(texts(split(["a\n\nb\n\nc"])), ["a\n\nb\n\nc"]);
});

test("a block is there as soon as its paragraph ends", () => {
  const splitter = createBlockSplitter(SMALL);
  assert.deepEqual(splitter.add("x".repeat(50)), []);
  assert.deepEqual(splitter.add("\n"), []);
  assert.equal(splitter.add("\nmore").length, 1);
});

test("a long paragraph is cut behind a sentence, then behind a word", () => {
  const sentences = "This sentence has its forty characters here. ".repeat(5).trim();
  assert.ok(texts(split([sentences])).every((text) => text.endsWith("here.")));
  const words = "word ".repeat(60).trim();
  assert.ok(texts(split([words])).every((text) => /^(word )*word$/.test(text)));
});

test("a code fence that fits is kept whole; one that does not is closed and opened again as it was", () => {
  const code = `\`\`\`js\n${"let a = 1;\n".repeat(7)}\`\`\``;
  assert.deepEqual(
    texts(split([`Here it is, with some words before it:\n\n${code}\n\nDone.`])),
    ["Here it is, with some words before it:", code, "Done."].filter((text) => text !== ""),
  );
  const long = `\`\`\`js title\n${"let a = 1;\n".repeat(30)}\`\`\`\n`;
  const parts = texts(split([long]));
  assert.ok(parts.length > 2);
  assert.ok(parts.every((text) => text.startsWith("```js title\nlet a") && text.endsWith(";\n```")));
  const lines = parts.flatMap((text) => text.split("\n").slice(1, -1));
  assert.equal(lines.length, 30);
});
