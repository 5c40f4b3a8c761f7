/** `TextEncoder`, `TextDecoder` and their streams (Encoding standard, section 7), over @exodus/bytes. */
import { TextDecoder as Decoder } from "@exodus/bytes/decoder";
import { TransformStream } from "web-streams-polyfill";
import { utf8fromStringLoose } from "./utf8.ts";
import { dictionary, domString, shape, wants } from "./web-idl.ts";

interface Pair {
  readonly readable: unknown;
  readonly writable: unknown;
}

export class TextDecoder {
  readonly #decoder: Decoder;

  constructor(label: unknown = "utf-8", options: unknown = undefined) {
    const name = domString(label);
    const { fatal, ignoreBOM } = dictionary(options, "the constructor of TextDecoder");
    this.#decoder = new Decoder(name, { fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  decode(input: unknown = undefined, options: unknown = undefined): string {
    const decoder = this.#decoder;
    if (input !== undefined && !(input instanceof ArrayBuffer) && !ArrayBuffer.isView(input))
      checkBuffer(input);
    const { stream } = dictionary(options, "TextDecoder.decode");
    return decoder.decode(input as ArrayBuffer | undefined, { stream: Boolean(stream) });
  }
}

export class TextEncoder {
  readonly #encoding = "utf-8";

  get encoding(): string {
    return this.#encoding;
  }

  encode(input: unknown = ""): Uint8Array<ArrayBuffer> {
    this.#check();
    return utf8fromStringLoose(domString(input));
  }

  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    this.#check();
    wants(arguments.length, 2, "encodeInto");
    const text = domString(source);
    if (!(destination instanceof Uint8Array))
      throw new TypeError("Cannot encode into it: it is no Uint8Array");
    return encodeInto(text, destination);
  }

  /** A wrong `this` throws, as the standard wants. */
  #check(): string {
    return this.#encoding;
  }
}

/** As many whole characters as there is room for. */
function encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
  const room = target.length;
  let read = 0;
  let written = 0;
  while (read < text.length) {
    const code = text.codePointAt(read) ?? 0;
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    const point = isHalf ? 0xfffd : code;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
    if (written + size > room) break;
    if (size === 1) target[written] = point;
    else writePoint(target, written, point, size);
    written += size;
    read += size === 4 ? 2 : 1;
  }
  return { read, written };
}

/** The first byte of a character of so many. */
const LEAD = [0, 0, 0xc0, 0xe0, 0xf0];

function writePoint(target: Uint8Array, at: number, point: number, size: number): void {
  target[at] = (LEAD[size] ?? 0) | (point >> (6 * (size - 1)));
  for (let index = 1; index < size; index++) {
    target[at + index] = 0x80 | ((point >> (6 * (size - 1 - index))) & 0x3f);
  }
}

function checkBuffer(input: unknown): void {
  const tag = Object.prototype.toString.call(input);
  if (tag !== "[object ArrayBuffer]" && tag !== "[object SharedArrayBuffer]") {
    throw new TypeError("Cannot decode it: it is neither an ArrayBuffer nor a view of one");
  }
}

export class TextDecoderStream {
  readonly #decoder: TextDecoder;
  readonly #pair: Pair;

  constructor(label: unknown = "utf-8", options: unknown = undefined) {
    const decoder = new TextDecoder(label, options);
    this.#decoder = decoder;
    this.#pair = new TransformStream<unknown, string>({
      transform: (chunk, controller) =>
        enqueueText(controller, decoder.decode(required(chunk), { stream: true })),
      flush: (controller) => enqueueText(controller, decoder.decode()),
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  get readable(): unknown {
    return this.#pair.readable;
  }

  get writable(): unknown {
    return this.#pair.writable;
  }
}

/** A chunk has to be bytes; `undefined` would be the end to `decode`. */
function required(chunk: unknown): unknown {
  if (chunk === undefined) throw new TypeError("Cannot decode a chunk that is undefined");
  return chunk;
}

function enqueueText(controller: { enqueue(text: string): void }, text: string): void {
  if (text !== "") controller.enqueue(text);
}

export class TextEncoderStream {
  readonly #encoding = "utf-8";
  readonly #pair: Pair;

  constructor() {
    // The first half of a surrogate pair waits for the second, which may come with the next chunk.
    let half = "";
    this.#pair = new TransformStream<unknown, Uint8Array>({
      transform(chunk, controller) {
        const text = half + domString(chunk);
        half = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : "";
        const whole = half === "" ? text : text.slice(0, -1);
        if (whole !== "") controller.enqueue(utf8fromStringLoose(whole));
      },
      flush(controller) {
        if (half !== "") controller.enqueue(utf8fromStringLoose("\uFFFD"));
      },
    });
  }

  get encoding(): string {
    return this.#encoding;
  }

  get readable(): unknown {
    return this.#pair.readable;
  }

  get writable(): unknown {
    return this.#pair.writable;
  }
}

shape("TextDecoder", TextDecoder);
shape("TextEncoder", TextEncoder);
shape("TextDecoderStream", TextDecoderStream);
shape("TextEncoderStream", TextEncoderStream);
