import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { replaceText } from "./replace-text.ts";

const once = (text: string, oldText: string, newText: string, replaceAll = false) =>
  replaceText(text, { oldText, newText, replaceAll });

function reasonOf(text: string, oldText: string, newText = "new"): string {
  const replaced = once(text, oldText, newText);
  assert.ok(!replaced.ok);
  return replaced.reason;
}

test("exactly the one place is replaced, and nothing in the new text is a pattern", () => {
  assert.deepEqual(once("a b c", "b", "$& $1 \\n"), { ok: true, text: "a $& $1 \\n c", places: 1 });
  assert.deepEqual(once("a.c abc", "a.c", "x"), { ok: true, text: "x abc", places: 1 });
});

test("several places are refused with their lines, or all replaced if that is asked", () => {
  const text = "x = 1\ny = 2\nx = 1\n\nx = 1";
  assert.match(reasonOf(text, "x = 1"), /^oldText stands in it 3 times \(lines 1, 3, 5\)/);
  assert.deepEqual(once(text, "x = 1", "z", true), { ok: true, text: "z\ny = 2\nz\n\nz", places: 3 });
  assert.match(reasonOf("a\n".repeat(50), "a"), /\(lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …\)/);
});

test("what does not match is answered with the lines that come near", () => {
  const text = "import a from 'a';\n\n\tfunction greet(name: string) {\n    return 'hello ' + name;\n}\n";
  assert.match(
    reasonOf(text, "  function greet(name: string) {"),
    /only spaces differ:\n3\t\tfunction greet/,
  );
  assert.match(reasonOf(text, "    return 'hello ' + nme;"), /comes near:\n4\t    return 'hello ' \+ name;/);
  assert.match(
    reasonOf(text, "    return 'hello ' + name;\n  }"),
    /comes near, the lines after it differ:\n4\t/,
  );
  assert.match(reasonOf(text, "SELECT * FROM users"), /does not stand in it\. Read the file first$/);
});

test("an empty text and one that would change nothing are refused", () => {
  assert.match(reasonOf("abc", ""), /oldText is empty/);
  assert.match(reasonOf("abc", "b", "b"), /are the same/);
});

test("a file with Windows' line breaks is edited by a model that writes others, and keeps its own", () => {
  assert.deepEqual(once("a\r\nb\r\nc\r\n", "a\nb", "x\ny"), { ok: true, text: "x\r\ny\r\nc\r\n", places: 1 });
  assert.match(reasonOf("a\r\nb\nc", "a\nb"), /does not stand/);
});

test("whatever the texts, an edit that is made replaces each place and nothing else", () => {
  const part = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "\n", " ") });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), part, part, (parts, oldText, newText) => {
      const text = parts.join("");
      const replaced = once(text, oldText, newText, true);
      if (replaced.ok)
        assert.equal(
          replaced.text,
          text.replaceAll(oldText, () => newText),
        );
      else assert.ok(oldText === newText || !text.includes(oldText));
    }),
  );
});

test("looking for what comes near takes a moment in a large file", () => {
  const text = Array.from({ length: 60_000 }, (_, index) => `const value${index} = compute(${index});`).join(
    "\n",
  );
  const started = performance.now();
  assert.match(reasonOf(text, "const valu17 = compte(17);"), /^18\tconst value17 /m);
  assert.ok(performance.now() - started < 5_000);
});
