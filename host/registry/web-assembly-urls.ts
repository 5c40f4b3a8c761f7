/**
 * `new URL("./code.wasm", import.meta.url)`: how libraries name WebAssembly that lies beside them.
 *
 * There is no file beside a bundle. So the bytes come into it, and the address is that of a blob which `fetch` reads.
 */
import { readdir } from "node:fs/promises";
import { sep } from "node:path";
import type { OnLoadResult } from "esbuild";

const ADDRESS = /new URL\(\s*(["'])(\.{1,2}\/[^"'\n]+\.wasm)\1\s*,\s*import\.meta\.url\s*\)/g;
/** Marks an import of an address; of the module itself without it. */
export const AS_ADDRESS = "?address";

/** The code with its addresses imported; null if it has none. Lines stay where they are. */
export function withWebAssemblyUrls(code: string): string | null {
  const names: string[] = [];
  const contents = code.replaceAll(ADDRESS, (_found, _quote, path: string) => {
    names.push(`import __wasm${names.length} from ${JSON.stringify(path + AS_ADDRESS)};`);
    return `new URL(__wasm${names.length - 1})`;
  });
  return names.length === 0 ? null : `${names.join("")}${contents}`;
}

export function loadWebAssemblyUrl(bytes: Uint8Array): OnLoadResult {
  const text = JSON.stringify(Buffer.from(bytes).toString("base64"));
  const blob = `new Blob([Uint8Array.fromBase64(${text})], { type: "application/wasm" })`;
  return { contents: `export default URL.createObjectURL(${blob});`, loader: "js" };
}

/** A package's script; undefined if it names no WebAssembly. */
export function scriptOf(bytes: Uint8Array): OnLoadResult | undefined {
  const contents = withWebAssemblyUrls(new TextDecoder().decode(bytes));
  return contents === null ? undefined : { contents, loader: "js" };
}

/** Whether a package has WebAssembly at all: only then are its scripts read twice. Each package is looked at once. */
export function createWebAssemblySearch(): (file: string) => Promise<boolean> {
  const found = new Map<string, Promise<boolean>>();
  return (file) => {
    const root = packageOf(file);
    const known = found.get(root) ?? hasWebAssembly(root);
    found.set(root, known);
    return known;
  };
}

/** `…/node_modules/name` or `…/node_modules/@scope/name`. */
function packageOf(file: string): string {
  const parts = file.split(sep);
  const at = parts.lastIndexOf("node_modules") + 1;
  return parts.slice(0, at + (parts[at]?.startsWith("@") === true ? 2 : 1)).join(sep);
}

async function hasWebAssembly(folder: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.some((name) => name.endsWith(".wasm"));
}
