/** `encodeInto`, `TextEncoderStream` and `TextDecoderStream`, over the plain encoder and decoder. */
import { TransformStream } from "web-streams-polyfill";
import { TextDecoder } from "./text-decoder.ts";

/** Encodes as many whole characters as fit (Encoding standard, `encodeInto`). */
export function encodeInto(
  this: { encode(text: string): Uint8Array },
  source: string,
  destination: Uint8Array,
): { read: number; written: number } {
  let read = 0;
  let written = 0;
  for (const character of source) {
    const bytes = this.encode(character);
    if (written + bytes.byteLength > destination.byteLength) break;
    destination.set(bytes, written);
    written += bytes.byteLength;
    read += character.length;
  }
  return { read, written };
}

export class TextDecoderStream {
  readonly encoding: string;
  readonly readable: unknown;
  readonly writable: unknown;

  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean }) {
    const decoder = new TextDecoder(label, options);
    const { readable, writable } = new TransformStream<Uint8Array, string>({
      transform: (chunk, controller) => enqueueText(controller, decoder.decode(chunk, { stream: true })),
      flush: (controller) => enqueueText(controller, decoder.decode()),
    });
    this.encoding = decoder.encoding;
    this.readable = readable;
    this.writable = writable;
  }
}

export class TextEncoderStream {
  readonly encoding = "utf-8";
  readonly readable: unknown;
  readonly writable: unknown;

  constructor() {
    const encoder = new TextEncoder();
    // The first half of a surrogate pair waits for the second, which may come with the next chunk.
    let half = "";
    const { readable, writable } = new TransformStream<unknown, Uint8Array>({
      transform(chunk, controller) {
        const text = half + String(chunk);
        half = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : "";
        const whole = half === "" ? text : text.slice(0, -1);
        if (whole !== "") controller.enqueue(encoder.encode(whole));
      },
      flush(controller) {
        if (half !== "") controller.enqueue(encoder.encode("\uFFFD"));
      },
    });
    this.readable = readable;
    this.writable = writable;
  }
}

function enqueueText(controller: { enqueue(text: string): void }, text: string): void {
  if (text !== "") controller.enqueue(text);
}
