/**
 * How a frame lies on the wire, and back.
 *
 *     u32 LE  length of all that follows
 *     u32 LE  length of the header
 *     header  JSON object, UTF-8
 *     payload the rest
 *
 * Guarantees that a decoder never holds more than one frame's bytes besides what it was pushed, and that a
 * frame which announces more than its bounds is refused from its first eight bytes, before anything of it is
 * kept. Refuses to judge the header: `frame-schema.ts` does. Free of node imports, so that every side can use it.
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import { PIPE } from "#host/base/limits.ts";
import type { Frame } from "./protocol.ts";

/** A frame as it came: nobody has looked at its header yet. */
export interface RawPacket {
  readonly header: JsonObject;
  readonly payload: Uint8Array;
}

export interface Decoder {
  /**
   * Takes the next bytes, cut anywhere, and gives the frames that they complete. A payload may be a view on
   * `bytes`. Throws HostError `sandbox.protocol`; the decoder is of no use after that.
   */
  push(bytes: Uint8Array): RawPacket[];
}

export interface DecoderBounds {
  readonly maxHeaderBytes: number;
  readonly maxPayloadBytes: number;
}

/** What a host accepts from a sandbox. */
export const FROM_SANDBOX: DecoderBounds = {
  maxHeaderBytes: PIPE.maxHeaderBytes,
  maxPayloadBytes: PIPE.maxFrameBytes,
};

/** What a sandbox accepts from its host: a bundle as well. */
export const FROM_HOST: DecoderBounds = {
  maxHeaderBytes: PIPE.maxHeaderBytes,
  maxPayloadBytes: PIPE.maxOpenBytes,
};

const LENGTHS = 8;
/** Larger payloads are sent as they are, behind their header: a copy would cost more than a second write. */
const COPY_BELOW = 8 * 1024;
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The bytes of a frame, in one or two pieces that must be sent in order with nothing between them. */
export function encodeFrame(header: Frame, payload: Uint8Array = EMPTY): Uint8Array[] {
  const json = encoder.encode(JSON.stringify(header));
  const together = payload.byteLength < COPY_BELOW;
  const bytes = new Uint8Array(LENGTHS + json.byteLength + (together ? payload.byteLength : 0));
  writeLength(bytes, 0, 4 + json.byteLength + payload.byteLength);
  writeLength(bytes, 4, json.byteLength);
  bytes.set(json, LENGTHS);
  if (!together) return [bytes, payload];
  bytes.set(payload, LENGTHS + json.byteLength);
  return [bytes];
}

export function createDecoder(bounds: DecoderBounds): Decoder {
  return new FrameDecoder(bounds);
}

class FrameDecoder implements Decoder {
  readonly #bounds: DecoderBounds;
  /** The start of a frame whose end has not come. Once its length is known, this is as long as the frame. */
  #partial: Uint8Array = new Uint8Array(LENGTHS);
  #filled = 0;

  constructor(bounds: DecoderBounds) {
    this.#bounds = bounds;
  }

  push(bytes: Uint8Array): RawPacket[] {
    const packets: RawPacket[] = [];
    let rest = bytes;
    while (rest.byteLength > 0) {
      if (this.#filled === 0 && rest.byteLength >= LENGTHS) {
        const size = this.#sizeOf(rest);
        if (rest.byteLength >= size) {
          packets.push(parseFrame(rest.subarray(0, size)));
          rest = rest.subarray(size);
          continue;
        }
      }
      const packet = this.#fill(rest);
      rest = rest.subarray(packet.taken);
      if (packet.frame !== null) packets.push(parseFrame(packet.frame));
    }
    return packets;
  }

  /** Adds to the frame under way: first its lengths, then, in a buffer of the right size, all of it. */
  #fill(bytes: Uint8Array): { readonly taken: number; readonly frame: Uint8Array | null } {
    const taken = Math.min(bytes.byteLength, this.#partial.byteLength - this.#filled);
    this.#partial.set(bytes.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (this.#filled < this.#partial.byteLength) return { taken, frame: null };
    if (this.#filled === LENGTHS) this.#grow();
    if (this.#filled < this.#partial.byteLength) return { taken, frame: null };
    const frame = this.#partial;
    this.#partial = new Uint8Array(LENGTHS);
    this.#filled = 0;
    return { taken, frame };
  }

  #grow(): void {
    const whole = new Uint8Array(this.#sizeOf(this.#partial));
    whole.set(this.#partial);
    this.#partial = whole;
  }

  /** Length of the frame that begins here, its own length included. */
  #sizeOf(bytes: Uint8Array): number {
    const total = readLength(bytes, 0);
    const header = readLength(bytes, 4);
    const { maxHeaderBytes, maxPayloadBytes } = this.#bounds;
    if (header > maxHeaderBytes)
      throw refused(`its header has ${header} bytes, the limit is ${maxHeaderBytes}`);
    if (total < 4 + header) throw refused(`its length ${total} is less than its header's ${header}`);
    const payload = total - 4 - header;
    if (payload > maxPayloadBytes) {
      throw refused(`its payload has ${payload} bytes, the limit is ${maxPayloadBytes}`);
    }
    return 4 + total;
  }
}

/** By hand: to make a view for each frame costs more than its four bytes. */
function readLength(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = [
    bytes[at],
    bytes[at + 1],
    bytes[at + 2],
    bytes[at + 3],
  ];
  return (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0;
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 24;
}

function parseFrame(frame: Uint8Array): RawPacket {
  const payloadAt = LENGTHS + readLength(frame, 4);
  return { header: parseHeader(frame.subarray(LENGTHS, payloadAt)), payload: frame.subarray(payloadAt) };
}

function parseHeader(bytes: Uint8Array): JsonObject {
  let header: unknown;
  try {
    header = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw refused("its header is not JSON in UTF-8", cause);
  }
  if (!isJsonObject(header)) throw refused("its header is not a JSON object");
  return header;
}

function refused(rule: string, cause?: unknown): HostError {
  return new HostError("sandbox.protocol", `Cannot read a frame: ${rule}`, { cause });
}
