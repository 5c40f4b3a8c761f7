/** `Blob` and `File` (File API, sections 3 and 4). Their bytes lie in the isolate's memory and are never changed. */
import { ReadableStream } from "web-streams-polyfill";
import { bytesOf, joinBytes } from "./bytes.ts";
import { utf8fromStringLoose, utf8toStringLoose } from "./utf8.ts";
import { clampedLongLong, dictionary, domString, longLong, shape, usvString, wants } from "./web-idl.ts";

const CHUNK_BYTES = 64 * 1024;
/** Given in place of parts: bytes that nobody else holds. */
const OWN = Symbol("own");

export let bytesOfBlob: (blob: Blob) => Uint8Array<ArrayBuffer>;
export let isBlob: (value: unknown) => value is Blob;

export class Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #type: string;

  static {
    bytesOfBlob = (blob) => blob.#bytes;
    isBlob = (value): value is Blob => typeof value === "object" && value !== null && #bytes in value;
  }

  constructor(parts: unknown = undefined, options: unknown = undefined, own: unknown = undefined) {
    if (own === OWN) {
      this.#bytes = parts as Uint8Array<ArrayBuffer>;
      this.#type = options as string;
      return;
    }
    const list = parts === undefined ? [] : sequence(parts);
    const { endings, type } = dictionary(options, "the constructor of Blob");
    const native = endingsOf(endings) === "native";
    const text = type === undefined ? "" : domString(type);
    this.#bytes = joinBytes(list.map((part) => bytesOfPart(part, native))) as Uint8Array<ArrayBuffer>;
    this.#type = normalType(text);
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  get type(): string {
    return this.#type;
  }

  slice(start: unknown = 0, end: unknown = this.#bytes.byteLength, type: unknown = ""): Blob {
    const size = this.#bytes.byteLength;
    const from = place(clampedLongLong(start), size);
    const to = Math.max(place(clampedLongLong(end), size), from);
    return new Blob(this.#bytes.subarray(from, to), normalType(domString(type)), OWN);
  }

  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream({
      type: "bytes",
      pull(controller) {
        const chunk = bytes.slice(at, at + CHUNK_BYTES);
        at += chunk.byteLength;
        if (chunk.byteLength > 0) controller.enqueue(chunk);
        if (at < bytes.byteLength) return;
        controller.close();
        (controller.byobRequest as { respond(bytes: number): void } | null | undefined)?.respond(0);
      },
    });
  }

  async text(): Promise<string> {
    const bytes = this.#bytes;
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return utf8toStringLoose(hasMark ? bytes.subarray(3) : bytes);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }

  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(parts: unknown, name: unknown, options: unknown = undefined) {
    wants(arguments.length, 2, "the constructor of File");
    super(sequence(parts), options);
    this.#name = usvString(name);
    const { lastModified } = dictionary(options, "the constructor of File");
    this.#lastModified = lastModified === undefined ? Date.now() : longLong(lastModified);
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }
}

shape("Blob", Blob);
Object.defineProperty(Blob, "length", { value: 0, configurable: true });
shape("File", File);

type Part = Blob | ArrayBuffer | ArrayBufferView | string;

/** Each part is read as it comes, before the next one: what is no bytes is text from then on. */
function sequence(parts: unknown): Part[] {
  const isObject = (typeof parts === "object" && parts !== null) || typeof parts === "function";
  if (!isObject || typeof (parts as Partial<Iterable<unknown>>)[Symbol.iterator] !== "function") {
    throw new TypeError("Cannot make a Blob: its parts are not a sequence");
  }
  return Array.from(parts as Iterable<unknown>, (part) =>
    isBlob(part) || isBytes(part) ? part : usvString(part),
  );
}

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function bytesOfPart(part: Part, native: boolean): Uint8Array {
  if (isBlob(part)) return bytesOfBlob(part);
  // Always a copy: the owner may change or give away its bytes.
  if (isBytes(part)) return bytesOf(part).slice();
  return utf8fromStringLoose(native ? part.replace(/\r\n?/g, "\n") : part);
}

function endingsOf(endings: unknown): string {
  const value = endings === undefined ? "transparent" : domString(endings);
  if (value === "transparent" || value === "native") return value;
  throw new TypeError(`Cannot make a Blob: "${value}" is neither "transparent" nor "native"`);
}

function normalType(type: string): string {
  return /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "";
}

function place(at: number, size: number): number {
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}
