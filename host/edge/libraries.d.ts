/** The bundled libraries that bring no types of their own, as far as the runtime uses them. */

declare module "core-js/*";
declare module "fast-text-encoding";
declare module "buffer/" {
  export const Buffer: unknown;
}

declare module "event-target-shim" {
  export class Event {
    constructor(type: string, init?: Readonly<Record<string, unknown>>);
    readonly type: string;
  }
  export class EventTarget {
    addEventListener(type: string, listener: () => void, options?: { readonly once?: boolean }): void;
    removeEventListener(type: string, listener: () => void): void;
    dispatchEvent(event: Event): boolean;
  }
  export function getEventAttributeValue(target: EventTarget, type: string): unknown;
  export function setEventAttributeValue(target: EventTarget, type: string, callback: unknown): void;
  export function setWarningHandler(handler: () => void): void;
}

declare module "undici/lib/web/fetch/headers.js" {
  export class Headers {
    constructor(init?: unknown);
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
}

declare module "undici/lib/web/fetch/formdata.js" {
  export const FormData: unknown;
}

declare module "undici/lib/web/fetch/request.js" {
  import type { ReadableStream } from "web-streams-polyfill";

  export class Request {
    constructor(input: unknown, init?: unknown);
    readonly method: string;
    readonly url: string;
    readonly headers: Iterable<[string, string]>;
    readonly redirect: "follow" | "manual" | "error";
    readonly body: ReadableStream<Uint8Array> | null;
    readonly signal: AbortSignal;
  }
}

declare module "undici/lib/web/fetch/response.js" {
  export class Response {
    constructor(
      body: unknown,
      init: { status: number; statusText: string; headers: readonly [string, string][] },
    );
    readonly status: number;
  }
}
