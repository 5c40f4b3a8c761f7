/**
 * The article of a page as Markdown: Readability finds it, turndown writes it down.
 *
 * Gives null for what is no article (a list of links, a form, a page without prose) and for a page that is too large
 * or too deep to look at within an isolate's time; such pages are read by `html-text.ts`. Heavy: loaded when first needed.
 */
import { isProbablyReaderable, Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
// Its other builds bring a parser of their own.
import TurndownService from "turndown/lib/turndown.browser.es.js";
import { absolute } from "./absolute.ts";
import type { TreeSize } from "./html-text.ts";

/** Finding the article walks the tree many times: 6,000 elements take half a second, deep ones far longer. */
const MAX_ELEMENTS = 6_000;
const MAX_DEPTH = 150;
/** Less than this is a remark beside something else, or a page that only says what it would show with scripts. */
const MIN_ARTICLE_CHARS = 250;

export interface Article {
  readonly title: string | null;
  readonly byline: string | null;
  readonly text: string;
}

/** `address` is the page's own, for its links; `size` is how large the page is as a tree. */
export async function readArticle(html: string, address: string, size: TreeSize): Promise<Article | null> {
  if (size.elements > MAX_ELEMENTS || size.depth > MAX_DEPTH) return null;
  try {
    const { document } = parseHTML(whole(html));
    await pause();
    if (!isProbablyReaderable(document)) return null;
    const base = absolute(document.querySelector("base[href]")?.getAttribute("href") ?? "", address);
    const article = new Readability<Element>(document, { serializer: (node) => node as Element }).parse();
    if (article?.content === null || article?.content === undefined) return null;
    if ((article.textContent ?? "").trim().length < MIN_ARTICLE_CHARS) return null;
    await pause();
    const text = markdownOf(base ?? address).turndown(article.content as HTMLElement);
    return { title: article.title || null, byline: article.byline || null, text };
  } catch {
    // A tree too deep to walk. The plain reader has none.
    return null;
  }
}

/** The parser takes a page as it is written; many leave out the tags around it. */
function whole(html: string): string {
  return /<body[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`;
}

/** Each step has a slice of the thread for itself. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function markdownOf(base: string): TurndownService {
  const service = new TurndownService({
    headingStyle: "atx",
    bulletListMarker: "-",
    codeBlockStyle: "fenced",
    emDelimiter: "*",
  });
  addTables(service);
  service.addRule("link", {
    filter: (node) => node.nodeName === "A" && node.hasAttribute("href"),
    replacement(content, node) {
      const to = absolute((node as HTMLElement).getAttribute("href") ?? "", base);
      return to === null || content.trim() === "" ? content : `[${content}](${to})`;
    },
  });
  // The address of a picture is of no use in a text, and asks whoever shows it to load it.
  service.addRule("image", {
    filter: "img",
    replacement(_content, node) {
      const alt = (node as HTMLElement).getAttribute("alt")?.replace(/\s+/g, " ").trim() ?? "";
      return alt === "" ? "" : `[image: ${alt}]`;
    },
  });
  return service;
}

/** As rows of cells: the plugin for it wants more of a table than the parser's tree has. */
function addTables(service: TurndownService): void {
  service.addRule("cell", {
    filter: ["th", "td"],
    replacement: (content) =>
      ` ${content
        .trim()
        .replace(/\s*\n\s*/g, " ")
        .replaceAll("|", "\\|")} |`,
  });
  service.addRule("row", {
    filter: "tr",
    replacement(content, node) {
      const row = node as HTMLElement;
      const isFirst = row.closest("table")?.querySelector("tr") === row;
      return `\n|${content}${isFirst ? `\n|${" --- |".repeat(row.children.length)}` : ""}`;
    },
  });
  service.addRule("rows", { filter: ["thead", "tbody", "tfoot"], replacement: (content) => content });
  service.addRule("table", { filter: "table", replacement: (content) => `\n\n${content}\n\n` });
}
