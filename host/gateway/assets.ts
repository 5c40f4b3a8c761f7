/**
 * The built page as the gateway serves it: `index.html` at `/`, every other file at `/assets/<name>`.
 *
 * Read once, kept in memory (about 120 KB). Names are looked up in a map, so no request reaches the disk
 * and no spelling of a name leaves the folder.
 */
import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";

export interface PageAsset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** True where the name carries a hash of the content: it may be cached for ever. */
  readonly immutable: boolean;
}

export interface PageAssets {
  readonly html: string;
  asset(name: string): PageAsset | null;
}

/**
 * What the page needs and nothing more. No inline script or style, no other origin; images come from the
 * page itself or from data that it already holds, so that a model's answer cannot call out. Trusted Types
 * turn every way of making HTML or script from a string into an error.
 */
export const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const HASHED_NAME = /-[0-9A-Z]{8}\.\w+$/;

/** Loads what `dev/build-page.mjs` wrote. Throws `internal` where the folder is not a built page. */
export async function loadPageAssets(folder: string): Promise<PageAssets> {
  try {
    const html = await readFile(join(folder, "index.html"), "utf8");
    const names = (await readdir(folder)).filter((name) => extname(name) in CONTENT_TYPES);
    const assets = new Map(await Promise.all(names.map((name) => readAsset(folder, name))));
    return { html, asset: (name) => assets.get(name) ?? null };
  } catch (cause) {
    throw new HostError("internal", `Cannot load the page from "${folder}": it was not built there`, {
      fix: "Run: node run.mjs prepare (npm start does it); an installed package: install it again",
      cause,
    });
  }
}

async function readAsset(folder: string, name: string): Promise<[string, PageAsset]> {
  const body = new Uint8Array(await readFile(join(folder, name)));
  const contentType = CONTENT_TYPES[extname(name)] ?? "application/octet-stream";
  return [name, { body, contentType, immutable: HASHED_NAME.test(name) }];
}
