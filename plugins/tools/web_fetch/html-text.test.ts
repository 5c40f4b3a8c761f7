import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlToText } from "./html-text.ts";

test("headings, lists and paragraphs become lines, and the title is kept apart", () => {
  const page = htmlToText(
    "<html><head><title> A  page </title></head><body><h2>Food</h2><ul><li>apples<li>pears</ul><p>Buy &amp; eat.</p></body></html>",
  );
  assert.equal(page.title, "A page");
  assert.equal(page.text, "## Food\n\n- apples\n- pears\n\nBuy & eat.");
});

test("scripts, styles and everything in them are left out", () => {
  const page = htmlToText(
    "<p>before</p><script>if (1 < 2) alert('<p>no</p>')</script><style>p{}</style><p>after</p>",
  );
  assert.equal(page.text, "before\n\nafter");
});

test("links lead to addresses, and what a page hides from people is left out", () => {
  const page = htmlToText(
    `<p>See <a href="../b?c">this</a>, <a href="#d">that</a><a href="/e"> </a>.<p aria-hidden=true>no<b>no</b></p><div style="color:red; display: none">no<br></div><p>after`,
    "https://x.example/a/",
  );
  assert.equal(page.text, "See [this](https://x.example/b?c), that.\n\nafter");
});

test("broken markup gives text, never an error", () => {
  for (const html of [
    "<",
    "<p",
    "</",
    "<p><b>x",
    "a < b > c",
    "<!-- open",
    "&#x110000;&bogus;",
    "<title>never closed",
  ]) {
    assert.equal(typeof htmlToText(html).text, "string");
  }
  assert.equal(htmlToText("<p><b>x").text, "x");
});

test("a megabyte of opening tags takes linear time", () => {
  const started = performance.now();
  htmlToText("<div>".repeat(50_000));
  const one = performance.now() - started;
  const again = performance.now();
  htmlToText("<div>".repeat(200_000));
  const four = performance.now() - again;
  assert.ok(four < Math.max(one, 5) * 20, `4 times the input took ${Math.round(four / one)} times as long`);
});
