/**
 * A model's markdown → elements that cannot act.
 *
 * A model repeats what strangers wrote, so its text is hostile input. Nothing of it is ever parsed as HTML:
 * marked cuts the text into tokens, and this file builds one known element for each known token, with the
 * model's words as text nodes only. HTML in an answer is therefore shown as it was written, and there is
 * no sanitiser that a clever spelling could get past. Links lead to http, https or mail and open apart.
 * Images from the network become links: loading one would tell a stranger's server what its address holds.
 */
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { decodeEntities } from "./state/entities.ts";

const LINK = /^(?:https?:\/\/|mailto:)/i;
const EMBEDDED_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,/i;
const LANGUAGE = /^[\w+#.-]{1,32}/;

/** Never throws: text that the parser chokes on is shown as it is. */
export function renderMarkdown(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  try {
    fragment.append(...nodesOf(lexer(text, { gfm: true, breaks: true })));
  } catch {
    fragment.replaceChildren(element("p", [text]));
  }
  return fragment;
}

type Piece = Node | string;

function nodesOf(tokens: readonly Token[] | undefined): Piece[] {
  return (tokens ?? []).flatMap((token) => nodeOf(token as MarkedToken));
}

/** What is not listed here is shown as the text that it was written as. */
function nodeOf(token: MarkedToken): Piece | Piece[] {
  switch (token.type) {
    case "space":
    case "def":
      return [];
    case "text":
      return token.tokens === undefined ? decodeEntities(token.text) : nodesOf(token.tokens);
    case "escape":
      return token.text;
    case "paragraph":
      return element("p", nodesOf(token.tokens));
    case "strong":
    case "em":
    case "del":
    case "blockquote":
      return element(token.type, nodesOf(token.tokens));
    case "heading":
      return element(`h${Math.min(6, token.depth + 1)}`, nodesOf(token.tokens));
    case "br":
    case "hr":
      return element(token.type, []);
    case "codespan":
      return element("code", [token.text]);
    case "code":
      return codeBlock(token);
    case "list":
      return list(token);
    case "checkbox":
      return checkbox(token.checked);
    case "table":
      return table(token);
    case "link":
      return link(token.href, nodesOf(token.tokens));
    case "image":
      return image(token);
    case "html":
      return token.block === true ? element("p", [token.text.trimEnd()]) : token.text;
    default:
      return token.raw;
  }
}

function link(href: string, children: readonly Piece[]): Node {
  const target = decodeEntities(href);
  if (!LINK.test(target)) return element("span", children);
  const made = element("a", children);
  made.setAttribute("href", target);
  made.setAttribute("target", "_blank");
  made.setAttribute("rel", "noopener noreferrer nofollow");
  return made;
}

function image({ href, text }: Tokens.Image): Node {
  if (!EMBEDDED_IMAGE.test(href)) return link(href, [text === "" ? "image" : `image: ${text}`]);
  const made = element("img", []);
  made.setAttribute("src", href);
  made.setAttribute("alt", text);
  return made;
}

function list(token: Tokens.List): Node {
  const items = token.items.map((item) => {
    const made = element("li", nodesOf(item.tokens));
    if (item.task) made.className = "task";
    return made;
  });
  const made = element(token.ordered ? "ol" : "ul", items);
  if (typeof token.start === "number" && token.start !== 1) made.setAttribute("start", String(token.start));
  return made;
}

function checkbox(checked: boolean): Node {
  const made = element("input", []);
  made.setAttribute("type", "checkbox");
  made.setAttribute("disabled", "");
  made.setAttribute("aria-label", checked ? "done" : "to do");
  if (checked) made.setAttribute("checked", "");
  return made;
}

/** A wide table scrolls by itself, also by keyboard. */
function table({ header, rows }: Tokens.Table): Node {
  const row = (cells: readonly Tokens.TableCell[]) =>
    element(
      "tr",
      cells.map((cell) => {
        const made = element(cell.header ? "th" : "td", nodesOf(cell.tokens));
        if (cell.align !== null) made.setAttribute("align", cell.align);
        return made;
      }),
    );
  const frame = element("div", [
    element("table", [element("thead", [row(header)]), element("tbody", rows.map(row))]),
  ]);
  frame.className = "table";
  frame.tabIndex = 0;
  return frame;
}

/** A code block has its language and a button that copies it; the conversation's click handler does the copying. */
function codeBlock({ lang, text }: Tokens.Code): Node {
  const copy = element("button", ["Copy"]);
  copy.setAttribute("type", "button");
  copy.className = "copy";
  const head = element("div", [element("span", [LANGUAGE.exec(lang ?? "")?.[0] ?? ""]), copy]);
  head.className = "code-head";
  const pre = element("pre", [element("code", [text])]);
  pre.tabIndex = 0;
  const frame = element("div", [head, pre]);
  frame.className = "code";
  return frame;
}

function element(tag: string, children: readonly Piece[]): HTMLElement {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}
