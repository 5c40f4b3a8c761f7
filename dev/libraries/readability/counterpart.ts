/** A site with one article among navigation, advertisements and scripts. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Trial } from "../trial.ts";

const PARAGRAPHS = Array.from(
  { length: 300 },
  (_, index) =>
    `<p>Paragraph ${index} says, with <em>some stress</em>, that the <a href="/x">reader</a> works on long pages, and on, and on.</p>`,
).join("\n");
const PAGE = `<!doctype html><html><head><title>The title &amp; more</title><script>alert(1)</script></head><body>
  <nav><ul><li><a href="/1">One</a></li><li><a href="/2">Two</a></li></ul></nav>
  <article><h1>The title</h1>${PARAGRAPHS}<h2>A section</h2><ul><li>first</li><li>second</li></ul></article>
  <aside class="ad">Buy this</aside><footer>© nobody</footer></body></html>`;

export const readability: Trial = {
  name: "readability over linkedom",
  folder: "readability",
  async start() {
    const server = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      check(answer) {
        const { title, text, markdown } = JSON.parse(answer) as Record<string, string>;
        assert.match(title ?? "", /^The title/);
        assert.match(text ?? "", /Paragraph 299 says, with some stress/);
        assert.doesNotMatch(text ?? "", /Buy this|alert/);
        assert.match(markdown ?? "", /## A section\n\n\* +first\n\* +second/);
        assert.match(markdown ?? "", /with _some stress_, that the \[reader\]/);
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};
