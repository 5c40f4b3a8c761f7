/**
 * From HTML to readable text: headings, lists, links and paragraphs kept, everything that is not read left out.
 *
 * One pass of htmlparser2's tokenizer, without a tree: a page cannot make it slow, and broken markup gives
 * text, never an error. What a page hides from people is left out too: it is where instructions to a model stand.
 */
import { Parser } from "htmlparser2";
import { absolute } from "./absolute.ts";

const SKIPPED = new Set(["script", "style", "noscript", "template", "svg", "head", "iframe", "canvas"]);
const BLOCKS = new Set(
  "address article aside blockquote br dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split(
    " ",
  ),
);
const HIDDEN_STYLE = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i;
const MAX_TITLE_CHARS = 300;

/** What a tree of the page would be. */
export interface TreeSize {
  readonly elements: number;
  readonly depth: number;
}

export interface PageText {
  readonly title: string | null;
  readonly text: string;
  readonly size: TreeSize;
}

interface Open {
  readonly isLeftOut: boolean;
  readonly link: string | null;
}

/** `address` is the page's own, for its links. */
export function htmlToText(html: string, address = ""): PageText {
  const parts: string[] = [];
  const title: string[] = [];
  const open: Open[] = [];
  let skipping = 0;
  let inTitle = false;
  let elements = 0;
  let depth = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      elements++;
      if (name === "title") inTitle = title.length === 0;
      const isLeftOut = SKIPPED.has(name) || isHidden(attributes);
      if (isLeftOut) skipping++;
      const isShown = skipping === 0;
      const link = isShown && name === "a" ? absolute(attributes.href ?? "", address) : null;
      if (isShown) parts.push(markBefore(name), link === null ? "" : "[");
      depth = Math.max(depth, open.push({ isLeftOut, link }));
    },
    onclosetag(name) {
      const { isLeftOut, link } = open.pop() ?? { isLeftOut: false, link: null };
      if (name === "title") inTitle = false;
      if (isLeftOut) skipping--;
      else if (skipping === 0 && link !== null) parts.push(`](${link})`);
      else if (skipping === 0 && BLOCKS.has(name) && name !== "li") parts.push("\n");
    },
    ontext(text) {
      if (inTitle) title.push(text);
      else if (skipping === 0) parts.push(text.replace(/\s+/g, " "));
    },
  });
  parser.end(html);
  return { title: oneLine(title.join("")), text: tidy(parts.join("")), size: { elements, depth } };
}

function isHidden({ hidden, style, ...more }: Readonly<Record<string, string>>): boolean {
  return hidden !== undefined || more["aria-hidden"] === "true" || HIDDEN_STYLE.test(style ?? "");
}

function markBefore(name: string): string {
  if (!BLOCKS.has(name)) return name === "td" || name === "th" ? " " : "";
  const heading = /^h([1-6])$/.exec(name);
  if (heading !== null) return `\n\n${"#".repeat(Number(heading[1]))} `;
  if (name === "li") return "\n- ";
  return name === "p" ? "\n\n" : "\n";
}

function oneLine(text: string): string | null {
  const line = text.replace(/\s+/g, " ").trim();
  return line === "" ? null : line.slice(0, MAX_TITLE_CHARS);
}

function tidy(text: string): string {
  return text
    .replace(/\[\s*\]\([^)]*\)/g, "")
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
