/**
 * What a response holds, as text: an article as Markdown, any other page as plain text, a PDF by pages, JSON laid out.
 *
 * What takes much to load is loaded when the first page needs it. Refuses what has no text, and says what it is.
 */
import { decodeBody } from "./charset.ts";
import { htmlToText } from "./html-text.ts";
import { readBody } from "./read-body.ts";

const MiB = 1024 * 1024;
const MAX_TEXT_BYTES = 4 * MiB;
/** A part of a PDF is of no use: its index stands at its end. */
const MAX_PDF_BYTES = 12 * MiB;
/** Laying out more takes more memory than it helps. */
const MAX_JSON_CHARS = MiB;

export interface PageContent {
  readonly kind: "article" | "page" | "json" | "pdf" | "text";
  readonly title: string | null;
  readonly text: string;
  /** What the reader should know besides: a missing rest, pages that were not read. */
  readonly notes: readonly string[];
}

/** Throws a sentence that starts with what the page is, where it has no text. */
export async function readPage(
  response: Response,
  pages: string | null,
  signal: AbortSignal,
): Promise<PageContent> {
  const type = (response.headers.get("content-type") ?? "").toLowerCase();
  if (isPdf(type, response.url)) return readPdf(response, pages, signal);
  if (!isText(type)) {
    await response.body?.cancel();
    throw new Error(`it is ${type}, neither text nor a PDF`);
  }
  const { bytes, cut } = await readBody(response, MAX_TEXT_BYTES);
  const text = decodeBody(bytes, type, cut !== null);
  const notes = cut === null ? [] : [`the page ${cut}; its rest is not here`];
  if (type.includes("json")) return { kind: "json", title: null, text: laidOut(text), notes };
  if (type.includes("html") || (type === "" && /^\s*<(?:!doctype html|html)/i.test(text)))
    return { ...(await readHtml(text, response.url)), notes };
  return { kind: "text", title: null, text, notes };
}

async function readHtml(html: string, address: string): Promise<Omit<PageContent, "notes">> {
  const plain = htmlToText(html, address);
  const { readArticle } = await import("./article.ts");
  const article = await readArticle(html, address, plain.size);
  if (article === null) return { kind: "page", title: plain.title, text: plain.text };
  const byline = article.byline === null ? "" : `${article.byline}\n\n`;
  return { kind: "article", title: article.title ?? plain.title, text: `${byline}${article.text}` };
}

async function readPdf(response: Response, pages: string | null, signal: AbortSignal): Promise<PageContent> {
  const { bytes, cut } = await readBody(response, MAX_PDF_BYTES);
  if (cut !== null) throw new Error(`the PDF ${cut}`);
  const { pdfToText } = await import("./pdf-text.ts");
  const { title, text, totalPages, from, to } = await pdfToText(bytes, pages, signal);
  const rest =
    to < totalPages ? `; for more, say pages "${to + 1}-${Math.min(totalPages, 2 * to - from + 1)}"` : "";
  const pictures = /\S/.test(text.replace(/\[page \d+\]/g, ""))
    ? []
    : ["these pages have no text; they may be pictures"];
  return { kind: "pdf", title, text, notes: [`pages ${from} to ${to} of ${totalPages}${rest}`, ...pictures] };
}

/** Servers that do not know send PDFs as bytes. */
function isPdf(type: string, address: string): boolean {
  return (
    type.startsWith("application/pdf") ||
    (/^(?:application\/octet-stream|binary\/|$)/.test(type) && /\.pdf(?:[?#]|$)/i.test(address))
  );
}

function isText(type: string): boolean {
  return /^(?:text\/|application\/(?:json|x-ndjson|xml|xhtml\+xml|javascript|yaml|[\w.+-]*\+(?:json|xml))|$)/.test(
    type,
  );
}

function laidOut(text: string): string {
  if (text.length > MAX_JSON_CHARS) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
