/**
 * The source map of a bundle: made with it, kept at its end, and read when a line is to be named.
 *
 * Guarantees that a map names the plugin's own files, its packages and `openclaw/…`, and no path of the machine that
 * made it, so that one plugin gives the same bytes wherever it is bundled. Isolates get the code without the map.
 */
import { basename } from "node:path";

const MARK = "\n//# sourceMappingURL=data:application/json;base64,";

/** The bundle's bytes: code, then the map. `mapText` is as the bundler wrote it. */
export function withMap(code: string, mapText: string): Uint8Array {
  const map = JSON.parse(mapText) as { sources: string[]; names: string[]; mappings: string };
  const { names, mappings } = map;
  const json = JSON.stringify({ version: 3, sources: map.sources.map(authorName), names, mappings });
  return Buffer.from(`${code.trimEnd()}${MARK}${Buffer.from(json).toString("base64")}\n`);
}

/** The code alone: a map is of no use inside an isolate, and often larger than the code. */
export function codeIn(bundle: Uint8Array): Uint8Array {
  const at = markIn(bundle);
  return at < 0 ? bundle : bundle.subarray(0, at + 1);
}

/** The map's JSON, or null where there is none or it is longer than `maxBytes`. */
export function mapIn(bundle: Uint8Array, maxBytes: number): string | null {
  const at = markIn(bundle);
  if (at < 0 || bundle.length - at > maxBytes) return null;
  const text = Buffer.from(bundle.subarray(at + MARK.length)).toString("latin1");
  return Buffer.from(text, "base64").toString("utf8");
}

function markIn(bundle: Uint8Array): number {
  return Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength).lastIndexOf(MARK);
}

/** `plugin:main.ts` is the author's; a package's file is named from its `node_modules` on. */
function authorName(source: string): string {
  const own = /(?:^|\/)plugin:(.+)$/.exec(source)?.[1];
  if (own !== undefined) return own;
  const packages = source.lastIndexOf("node_modules/");
  return packages < 0 ? `openclaw/${basename(source)}` : source.slice(packages);
}
