/** The globals that the runtime makes for plugins and uses itself. */

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: string, listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: string, listener: () => void): void;
}

declare const AbortSignal: { any(signals: Iterable<AbortSignal>): AbortSignal };

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
}

declare class URL {
  constructor(url: string);
  readonly href: string;
  readonly origin: string;
  readonly hash: string;
  protocol: string;
}

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare function btoa(text: string): string;

declare const crypto: {
  readonly subtle: { digest(algorithm: string, data: ArrayBuffer): Promise<ArrayBuffer> };
};

declare class TextDecoder {
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}
