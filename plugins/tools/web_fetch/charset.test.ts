import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBody } from "./charset.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

test("a byte order mark comes before the header, the header before the document, the document before a guess", () => {
  assert.equal(decodeBody(bytes("\xff\xfea\0"), "text/html; charset=utf-8", false), "a");
  assert.equal(
    decodeBody(bytes('<meta charset="utf-8">\xe0'), "text/html; charset=windows-1251", false).at(-1),
    "а",
  );
  assert.equal(
    decodeBody(bytes('<META http-equiv=x content="text/html; charset=koi8-r">\xc1'), "", false).at(-1),
    "а",
  );
  assert.equal(decodeBody(bytes('<?xml version="1.0" encoding="iso-8859-2"?>\xb1'), "", false).at(-1), "ą");
  assert.equal(decodeBody(bytes("\xc3\xa9"), "text/plain", false), "é");
  assert.equal(decodeBody(bytes("\xe9\x80"), "text/plain", false), "é€");
});

test("a character that was cut in half does not make UTF-8 another encoding, and unknown names count as none", () => {
  assert.equal(decodeBody(bytes("\xc3\xa9\xc3"), "text/plain", true).at(0), "é");
  assert.equal(decodeBody(bytes("\xc3\xa9"), "text/plain; charset=no-such", false), "é");
});
