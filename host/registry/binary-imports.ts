/** Imports that are no text: WebAssembly as a module, as Workers have it; native addons as a stub that throws. */
import type { OnLoadResult } from "esbuild";

/** `import code from "./x.wasm"` is a WebAssembly.Module, compiled when the plugin loads. Needs the right `wasm`. */
export function loadWebAssembly(bytes: Uint8Array): OnLoadResult {
  const text = JSON.stringify(Buffer.from(bytes).toString("base64"));
  return {
    contents: `export default new WebAssembly.Module(Uint8Array.fromBase64(${text}));`,
    loader: "js",
  };
}

export function loadAddon(path: string): OnLoadResult {
  const message = JSON.stringify(`Cannot load ${path.split("/").at(-1)}: an isolate runs no native code`);
  return { contents: `throw new Error(${message});`, loader: "js" };
}
