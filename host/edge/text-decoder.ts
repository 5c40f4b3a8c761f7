/**
 * `TextDecoder` for every encoding of the Encoding standard, decoded natively in the child.
 *
 * Keeps no state in the child: what a stream leaves unfinished is kept here and sent again with the next
 * chunk. For UTF-8 and UTF-16 that is at most one character; for the older multi-byte encodings, whose
 * characters cannot be told apart from behind, it is everything until the last `decode`.
 */
import { bytesOf, joinBytes, ownBuffer } from "./bytes.ts";
import { ask } from "./door.ts";

interface DecoderOptions {
  readonly fatal?: boolean;
  readonly ignoreBOM?: boolean;
}

/** Below this, ASCII is put together here: cheaper than the way through the door. */
const SHORT = 64;
const UTF8_LABELS = /^(?:utf-?8|unicode-1-1-utf-8)$/;
const MULTI_BYTE = /^(?:big5|euc-jp|euc-kr|gb18030|gbk|iso-2022-jp|shift_jis)$/;

export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #pending: Uint8Array = new Uint8Array(0);
  #started = false;

  constructor(label: unknown = "utf-8", options: DecoderOptions = {}) {
    this.encoding = encodingOf(String(label));
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options: { readonly stream?: boolean } = {}): string {
    const bytes = joinBytes([this.#pending, bytesOf(input)]);
    const streaming = options.stream === true;
    const end = streaming ? this.#completeUpTo(bytes) : bytes.byteLength;
    this.#pending = bytes.slice(end);
    // A byte order mark counts only at the stream's beginning.
    const ignoreBOM = this.ignoreBOM || this.#started;
    this.#started = streaming && (this.#started || end > 0);
    return end === 0 ? "" : this.#decode(bytes.subarray(0, end), ignoreBOM);
  }

  #decode(bytes: Uint8Array, ignoreBOM: boolean): string {
    const short = this.encoding === "utf-8" && bytes.byteLength < SHORT ? asciiText(bytes) : null;
    if (short !== null) return short;
    const { encoding, fatal } = this;
    const text = ask({ t: "decode", encoding, fatal, ignoreBOM }, ownBuffer(bytes));
    if (typeof text !== "string") throw new TypeError(`Cannot decode: the data is not valid ${encoding}`);
    return text;
  }

  #completeUpTo(bytes: Uint8Array): number {
    if (this.encoding === "utf-8") return utf8End(bytes);
    if (this.encoding.startsWith("utf-16")) return utf16End(bytes, this.encoding === "utf-16le");
    return MULTI_BYTE.test(this.encoding) ? 0 : bytes.byteLength;
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoder";
  }
}

function encodingOf(label: string): string {
  const wanted = label.trim().toLowerCase();
  if (UTF8_LABELS.test(wanted)) return "utf-8";
  const encoding = ask({ t: "encoding", label: wanted });
  if (typeof encoding !== "string") {
    throw new RangeError(`Cannot make a TextDecoder: "${label}" names no encoding`);
  }
  return encoding;
}

function asciiText(bytes: Uint8Array): string | null {
  return bytes.every((byte) => byte < 0x80) ? String.fromCharCode(...bytes) : null;
}

/** Where the last complete character ends: a lead byte near the end may still want followers. */
function utf8End(bytes: Uint8Array): number {
  const length = bytes.byteLength;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wanted > back ? length - back : length;
  }
  return length;
}

/** Where the last complete character ends: not within a unit, and not after the first half of a pair. */
function utf16End(bytes: Uint8Array, littleEndian: boolean): number {
  const whole = bytes.byteLength & ~1;
  const high = bytes[littleEndian ? whole - 1 : whole - 2] ?? 0;
  return whole >= 2 && (high & 0xfc) === 0xd8 ? whole - 2 : whole;
}
