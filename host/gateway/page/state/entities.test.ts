import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEntities } from "./entities.ts";

test("references that models write become characters", () => {
  assert.equal(decodeEntities("a &lt; b &amp;&amp; c&nbsp;&#8211; &#x41;"), "a < b && c\u00a0– A");
});

test("what is no reference stays as it stands", () => {
  for (const text of ["AT&T", "&unknown;", "&#0;", "&#99999999;", "&#x110000;", "&amp", "a & b"]) {
    assert.equal(decodeEntities(text), text);
  }
});

test("a reference is decoded once, not until nothing is left", () => {
  assert.equal(decodeEntities("&amp;lt;"), "&lt;");
});
