/** The `integrity` of a request (Subresource Integrity, section 3.3): a body that has another digest is not handed on. */
import type { Response } from "undici/lib/web/fetch/response.js";

const DIGESTS: Readonly<Record<string, string>> = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

interface Wanted {
  readonly algorithm: string;
  readonly digest: string;
}

export async function checkIntegrity(metadata: string, response: Response): Promise<Response> {
  const wanted = strongest(parse(metadata));
  if (wanted.length === 0) return response;
  const copy = response.clone();
  const algorithm = DIGESTS[wanted[0]?.algorithm ?? ""] ?? "";
  const digest = await crypto.subtle.digest(algorithm, await copy.arrayBuffer());
  const found = btoa(String.fromCharCode(...new Uint8Array(digest)));
  if (wanted.some((one) => one.digest === found)) return response;
  void response.body?.cancel();
  throw new TypeError("Cannot hand on the response: its body has another digest than `integrity` says");
}

function parse(metadata: string): Wanted[] {
  return metadata.split(/[\t\n\f\r ]+/).flatMap((item) => {
    const [, algorithm = "", digest = ""] =
      /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/i.exec(item) ?? [];
    if (algorithm === "") return [];
    return [{ algorithm: algorithm.toLowerCase(), digest: digest.replaceAll("-", "+").replaceAll("_", "/") }];
  });
}

function strongest(all: readonly Wanted[]): Wanted[] {
  const best = Object.keys(DIGESTS).findLast((algorithm) => all.some((one) => one.algorithm === algorithm));
  return all.filter(({ algorithm }) => algorithm === best);
}
