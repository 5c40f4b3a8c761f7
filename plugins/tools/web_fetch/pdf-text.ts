/**
 * The text of a PDF, page by page, by pdf.js as unpdf builds it. Heavy: loaded when the first PDF comes.
 *
 * Scripts in a document are not run, and fonts are not loaded. Throws sentences for what cannot be read.
 */
import { getDocumentProxy } from "unpdf";

/** Pages of one answer: reading one takes some milliseconds, of drawings more. */
const MAX_PAGES = 50;

export interface PdfText {
  readonly title: string | null;
  readonly text: string;
  readonly totalPages: number;
  /** The first and last page that was read. */
  readonly from: number;
  readonly to: number;
}

/** `pages` as `3` or `3-7`, from one. */
export async function pdfToText(
  bytes: Uint8Array,
  pages: string | null,
  signal: AbortSignal,
): Promise<PdfText> {
  const document = await getDocumentProxy(bytes, { disableFontFace: true }).catch((error: unknown) => {
    throw new Error(`the PDF cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    const totalPages = document.numPages;
    const { from, to } = rangeOf(pages, totalPages);
    const parts: string[] = [];
    for (let number = from; number <= to; number++) {
      // A slice of the thread for each page.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      parts.push(`[page ${number}]\n${await textOf(await document.getPage(number))}`);
    }
    return { title: await titleOf(document), text: parts.join("\n\n"), totalPages, from, to };
  } finally {
    await document.loadingTask.destroy();
  }
}

function rangeOf(pages: string | null, total: number): { from: number; to: number } {
  const [, first = "1", last] = /^(\d+)(?:-(\d+))?$/.exec(pages ?? `1-${MAX_PAGES}`) ?? [];
  const from = Number(first);
  if (from < 1 || from > total) throw new Error(`the PDF has ${total} pages; there is no page ${from}`);
  const to = Math.min(Number(last ?? first), total, from + MAX_PAGES - 1);
  if (to < from) throw new Error(`pages "${pages}" end before they start; write "3-7"`);
  return { from, to };
}

type Document = Awaited<ReturnType<typeof getDocumentProxy>>;

async function textOf(page: Awaited<ReturnType<Document["getPage"]>>): Promise<string> {
  const { items } = await page.getTextContent();
  const pieces = items.map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : ""));
  page.cleanup();
  return pieces.join("").trim();
}

async function titleOf(document: Document): Promise<string | null> {
  const { info } = await document.getMetadata();
  const title = (info as { Title?: unknown }).Title;
  return typeof title === "string" && title.trim() !== "" ? title.trim() : null;
}
