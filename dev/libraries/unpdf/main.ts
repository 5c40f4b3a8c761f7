/** The text of a PDF, by pages: pdf.js as unpdf builds it for workers. */
import { extractText, getDocumentProxy } from "unpdf";
import { defineTool } from "openclaw/sdk";

export default defineTool({
  name: "try",
  description: "Reads a PDF",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const response = await fetch(`http://${host}/paper.pdf`);
    const document = await getDocumentProxy(new Uint8Array(await response.arrayBuffer()));
    const { totalPages, text } = await extractText(document);
    return JSON.stringify({ totalPages, text });
  },
});
