/** The bundled libraries that bring no types of their own, as far as the runtime uses them. */

declare module "buffer/" {
  export const Buffer: unknown;
}

/** The build leads here to the library's own JavaScript, past what `utf8.ts` puts in its place. */
declare module "@exodus/bytes/utf8-fallback" {
  export function decodeFast(bytes: Uint8Array, loose: boolean): string;
  export function encode(text: string, loose: boolean): Uint8Array<ArrayBuffer>;
}

declare module "@exodus/bytes/decoder" {
  export class TextDecoder {
    constructor(label: string, options: { readonly fatal: boolean; readonly ignoreBOM: boolean });
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(input: ArrayBuffer | undefined, options: { readonly stream: boolean }): string;
  }
}

declare module "urlpattern-polyfill/urlpattern" {
  export const URLPattern: { readonly prototype: object };
}

declare module "undici/lib/web/fetch/headers.js" {
  export class Headers {
    constructor(init?: unknown);
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
  export class HeadersList {
    append(name: string, value: string): void;
  }
}

declare module "undici/lib/web/fetch/formdata.js" {
  export const FormData: { readonly prototype: object };
}

declare module "undici/lib/web/fetch/data-url.js" {
  export function dataURLProcessor(
    url: URL,
  ): "failure" | { readonly mimeType: object; readonly body: Uint8Array };
  export function serializeAMimeType(type: object): string;
}

declare module "undici/lib/web/fetch/request.js" {
  import type { ReadableStream } from "web-streams-polyfill";

  export class Request {
    constructor(input: unknown, init?: unknown);
    readonly method: string;
    readonly url: string;
    readonly headers: Iterable<[string, string]>;
    readonly redirect: "follow" | "manual" | "error";
    readonly integrity: string;
    readonly body: ReadableStream<Uint8Array> | null;
    readonly signal: AbortSignal;
  }
  /** `length` in bytes; null for a stream. */
  export function getRequestState(request: Request): {
    readonly body: { readonly length: number | null } | null;
  };
}

declare module "undici/lib/web/fetch/response.js" {
  import type { ReadableStream } from "web-streams-polyfill";
  import type { HeadersList } from "undici/lib/web/fetch/headers.js";

  interface InnerResponse {
    readonly type: "basic";
    readonly status: number;
    readonly statusText: string;
    readonly headersList: HeadersList;
    readonly urlList: readonly URL[];
    readonly body: { readonly stream: ReadableStream; readonly source: null; readonly length: null } | null;
  }

  export class Response {
    constructor(body?: unknown, init?: object);
    readonly status: number;
    readonly body: ReadableStream<Uint8Array> | null;
    arrayBuffer(): Promise<ArrayBuffer>;
    clone(): Response;
  }
  export function makeResponse(init: InnerResponse): object;
  export function fromInnerResponse(inner: object, guard: "immutable"): Response;
}
