/** A PDF of three pages, made here: one font, one stream of text a page, the last of them deflated. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";
import type { Trial } from "../trial.ts";

const PAGES = ["The first page", "The second page", "The third page, deflated"];

export const unpdf: Trial = {
  name: "unpdf (pdf.js)",
  folder: "unpdf",
  async start() {
    const server = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "application/pdf" }).end(makePdf(PAGES)),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      check(answer) {
        assert.deepEqual(JSON.parse(answer), { totalPages: PAGES.length, text: PAGES });
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};

/** One line of text a page; the last page is deflated. */
export function makePdf(pages: readonly string[]): Buffer {
  const [catalogue, tree, font] = [1, 2, 3];
  const objects: (string | Buffer)[] = [
    `<< /Type /Catalog /Pages ${tree} 0 R >>`,
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, index) => `${4 + index * 2} 0 R`).join(" ")}] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  for (const [index, text] of pages.entries()) {
    const resources = `<< /Font << /F1 ${font} 0 R >> >>`;
    objects.push(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 612 792] /Contents ${5 + index * 2} 0 R /Resources ${resources} >>`,
    );
    objects.push(streamOf(`BT /F1 24 Tf 72 700 Td (${text}) Tj ET`, index === pages.length - 1));
  }
  const parts: Buffer[] = [Buffer.from("%PDF-1.7\n")];
  const offsets = objects.map((object, index) => {
    const at = Buffer.concat(parts).length;
    parts.push(Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from("\nendobj\n"));
    return at;
  });
  const start = Buffer.concat(parts).length;
  const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root ${catalogue} 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  parts.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`));
  return Buffer.concat(parts);
}

function streamOf(text: string, deflated: boolean): Buffer {
  const bytes = deflated ? deflateSync(text) : Buffer.from(text);
  const filter = deflated ? " /Filter /FlateDecode" : "";
  return Buffer.concat([
    Buffer.from(`<< /Length ${bytes.length}${filter} >>\nstream\n`),
    bytes,
    Buffer.from("\nendstream"),
  ]);
}
