/** A page from the web, as its article's text: linkedom parses, Readability finds the article, turndown writes Markdown. */
import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import TurndownService from "turndown";
import { defineTool } from "openclaw/sdk";

export default defineTool({
  name: "try",
  description: "Reads a page",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const response = await fetch(`http://${host}/article`);
    const { document } = parseHTML(await response.text());
    const article = new Readability(document as unknown as Document).parse();
    const { document: content } = parseHTML(`<html><body>${article?.content ?? ""}</body></html>`);
    const markdown = new TurndownService({ headingStyle: "atx" }).turndown(
      content.body as unknown as HTMLElement,
    );
    return JSON.stringify({ title: article?.title, text: article?.textContent, markdown });
  },
});
