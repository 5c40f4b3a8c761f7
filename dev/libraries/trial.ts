/** One library tried inside an isolate: a plugin that uses it, and the service that it talks to. */
import type { JsonObject } from "#host/base/json.ts";

export interface Trial {
  /** The library, as npm calls it. */
  readonly name: string;
  /** The folder beside this file; its `main.ts` is the plugin. */
  readonly folder: string;
  readonly wasm?: boolean;
  readonly heapMiB?: number;
  /** How often the tool is called, each time in a sandbox of its own over the same storage. */
  readonly lives?: number;
  /** Changes the bundle's text before it runs; says why. */
  readonly patch?: { readonly why: string; apply(code: string): string };
  /** Starts the service. */
  start(): Promise<Running>;
}

export interface Running extends AsyncDisposable {
  /** Null if the library talks to nobody. */
  readonly port: number | null;
  /** The name of this machine that the service wants to be called by. */
  readonly name?: string;
  /** What the plugin's tool is given besides `host`, the `name:port` that it may reach. */
  readonly args?: JsonObject;
  /** Looks at what the tool answered in each of its lives, and throws if the library did not do its job. */
  check(answer: string, ...others: readonly string[]): void | Promise<void>;
}
