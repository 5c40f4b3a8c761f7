/**
 * `WebAssembly` for an isolate that was granted it: the asynchronous calls are done at once, for V8's own stall until the
 * isolate is entered again; `compileStreaming` and `instantiateStreaming` (WebAssembly Web API, section 3) read a
 * response to its end.
 */
import { isResponse } from "./fetch-classes.ts";

/** The part of the language's own object that is used here. */
interface Wasm {
  readonly Module: new (bytes: unknown, ...options: unknown[]) => object;
  readonly Instance: new (module: object, imports?: unknown) => object;
}

interface Streamed {
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

export function completeWebAssembly(): void {
  const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const { Module, Instance } = wasm;
  const instantiate = (source: unknown, imports: unknown): object => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  };
  const methods = {
    async compile(bytes: unknown): Promise<object> {
      return new Module(bytes);
    },
    async instantiate(bytes: unknown, imports: unknown = undefined): Promise<object> {
      return instantiate(bytes, imports);
    },
    async compileStreaming(source: unknown): Promise<object> {
      return new Module(await bytesOfResponse(source));
    },
    async instantiateStreaming(source: unknown, imports: unknown = undefined): Promise<object> {
      return instantiate(await bytesOfResponse(source), imports);
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(wasm, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

async function bytesOfResponse(source: unknown): Promise<ArrayBuffer> {
  const response: unknown = await source;
  if (!isResponse(response)) throw new TypeError("Cannot compile it: it is no Response");
  const { ok, headers } = response as unknown as Streamed;
  if (!ok) throw new TypeError("Cannot compile the response: its status is not ok");
  if (headers.get("content-type")?.toLowerCase() !== "application/wasm") {
    throw new TypeError('Cannot compile the response: its type is not "application/wasm"');
  }
  return (response as unknown as Streamed).arrayBuffer();
}
