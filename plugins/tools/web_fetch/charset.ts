/**
 * The text of a body, by its encoding: byte order mark, then the header, then what the document says of itself, then UTF-8
 * if it is that, then Windows-1252, as browsers do.
 *
 * Never fails: an encoding that nobody knows counts as not said, a broken sequence becomes U+FFFD.
 */

/** Where a document must name its encoding, as the HTML standard has it. */
const DECLARED_WITHIN = 1_024;
const META = /<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w:.-]+)/i;
const XML = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w:.-]+)["']/i;

/** `contentType` is the header's value, or "". `isCut` if the body goes on: its last character may be half there. */
export function decodeBody(body: Uint8Array, contentType: string, isCut: boolean): string {
  const decoder =
    byMark(body) ??
    named(/charset\s*=\s*"?([\w:.-]+)/i.exec(contentType)?.[1]) ??
    named(declaredIn(body)) ??
    new TextDecoder(isUtf8(body, isCut) ? "utf-8" : "windows-1252");
  return decoder.decode(body);
}

function byMark(body: Uint8Array): TextDecoder | null {
  const [a, b, c] = body;
  if (a === 0xef && b === 0xbb && c === 0xbf) return new TextDecoder("utf-8");
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be");
  return a === 0xff && b === 0xfe ? new TextDecoder("utf-16le") : null;
}

/** A document that names UTF-16 in ASCII letters is not UTF-16. */
function declaredIn(body: Uint8Array): string | undefined {
  const start = new TextDecoder("windows-1252").decode(body.subarray(0, DECLARED_WITHIN));
  const label = (XML.exec(start) ?? META.exec(start))?.[1];
  return label !== undefined && /^utf-?16/i.test(label) ? "utf-8" : label;
}

function named(label: string | undefined): TextDecoder | null {
  if (label === undefined) return null;
  try {
    return new TextDecoder(label as ConstructorParameters<typeof TextDecoder>[0]);
  } catch {
    return null;
  }
}

function isUtf8(body: Uint8Array, isCut: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(body, { stream: isCut });
    return true;
  } catch {
    return false;
  }
}
