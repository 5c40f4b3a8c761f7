import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lexer } from "marked";
import { lastStableCut } from "./markdown-blocks.ts";

const cut = (text: string) => text.slice(0, lastStableCut(text, 0));

test("a text is cut where a new block begins after a blank line", () => {
  assert.equal(cut("One.\n\nTwo.\n\nThr\n"), "One.\n\nTwo.\n\n");
});

test("the last line is never relied upon before it is whole", () => {
  assert.equal(cut("One.\n\nTwo"), "");
});

test("there is no cut inside of a code block, whatever stands in it", () => {
  assert.equal(cut("```\na\n\nb\n\n"), "");
  assert.equal(cut("~~~~\na\n\n```\n\nb\n~~~\n\nc\n\n"), "");
  assert.equal(cut("```\na\n\nb\n```\n\nText\n"), "```\na\n\nb\n```\n\n");
});

test("a list that may go on is not cut off from its next item", () => {
  assert.equal(cut("1. one\n\n2. two\n"), "");
  assert.equal(cut("- one\n\n  more of it\n"), "");
});

test("blocks rendered apart are the blocks of the whole text", () => {
  const block = fc.constantFrom(
    "Some words.",
    "# Title",
    "- a\n- b",
    "1. a\n\n2. b",
    "```js\nlet a\n\nlet b\n```",
    "> quoted",
    "| a | b |\n|---|---|\n| 1 | 2 |",
  );
  const kinds = (text: string) =>
    lexer(text)
      .filter((token) => token.type !== "space")
      .map((token) => token.raw.trim());
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 8 }), (blocks) => {
      const text = `${blocks.join("\n\n")}\n`;
      const at = lastStableCut(text, 0);
      assert.deepEqual([...kinds(text.slice(0, at)), ...kinds(text.slice(at))], kinds(text));
    }),
  );
});

test("a cut that was found earlier is never taken back", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "```", "- ", "  "), maxLength: 60 }), (text) => {
      let from = 0;
      for (let end = 0; end <= text.length; end++) {
        const next = lastStableCut(text.slice(0, end), from);
        assert.ok(next >= from);
        from = next;
      }
    }),
  );
});
