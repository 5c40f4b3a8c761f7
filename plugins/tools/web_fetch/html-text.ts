/**
 * From HTML to readable text: headings, lists and paragraphs kept, everything that is not read left out.
 *
 * One pass of htmlparser2's tokenizer, without a tree: a page cannot make it slow, and broken markup gives
 * text, never an error.
 */
import { Parser } from "htmlparser2";

const SKIPPED = new Set(["script", "style", "noscript", "template", "svg", "head", "iframe", "canvas"]);
const BLOCKS = new Set(
  "address article aside blockquote br dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split(
    " ",
  ),
);
const MAX_TITLE_CHARS = 300;

export interface PageText {
  readonly title: string | null;
  readonly text: string;
}

export function htmlToText(html: string): PageText {
  const parts: string[] = [];
  const title: string[] = [];
  let skipping = 0;
  let inTitle = false;
  const parser = new Parser({
    onopentagname(name) {
      if (name === "title") inTitle = title.length === 0;
      if (SKIPPED.has(name)) skipping++;
      else if (skipping === 0) parts.push(markBefore(name));
    },
    onclosetag(name) {
      if (name === "title") inTitle = false;
      if (SKIPPED.has(name)) skipping = Math.max(0, skipping - 1);
      else if (skipping === 0 && BLOCKS.has(name) && name !== "li") parts.push("\n");
    },
    ontext(text) {
      if (inTitle) title.push(text);
      else if (skipping === 0) parts.push(text.replace(/\s+/g, " "));
    },
  });
  parser.end(html);
  return { title: oneLine(title.join("")), text: tidy(parts.join("")) };
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
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
