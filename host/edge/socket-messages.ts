/**
 * A WebSocket's messages in an effect's streams of bytes: each is one byte of kind, four of length (big-endian),
 * and its bytes. `host/broker/socket-messages.ts` is the other end.
 */
import { joinBytes } from "./bytes.ts";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 3;

export type MessageKind = typeof TEXT | typeof BINARY | typeof CLOSE;

export interface SocketMessage {
  readonly kind: number;
  readonly data: Uint8Array;
}

const HEADER_BYTES = 5;

export function encodeMessage(kind: MessageKind, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + data.byteLength);
  message[0] = kind;
  new DataView(message.buffer).setUint32(1, data.byteLength);
  message.set(data, HEADER_BYTES);
  return message;
}

/** The data of a close: two bytes of code and a reason, or nothing. */
export function closeData(code: number | undefined, reason: Uint8Array): Uint8Array {
  return code === undefined ? new Uint8Array(0) : joinBytes([Uint8Array.of(code >> 8, code & 255), reason]);
}

/** Cuts the stream into messages, as they are complete. */
export class MessageCutter {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #data: Uint8Array | null = null;
  #dataBytes = 0;

  /** The messages that this chunk completes. */
  *cut(chunk: Uint8Array): Generator<SocketMessage, void, undefined> {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#data === null) {
        at += this.#takeHeader(chunk.subarray(at, at + HEADER_BYTES - this.#headerBytes));
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#data = new Uint8Array(new DataView(this.#header.buffer).getUint32(1));
        this.#dataBytes = 0;
      }
      const part = chunk.subarray(at, at + this.#data.byteLength - this.#dataBytes);
      this.#data.set(part, this.#dataBytes);
      this.#dataBytes += part.byteLength;
      at += part.byteLength;
      if (this.#dataBytes < this.#data.byteLength) return;
      const message = { kind: this.#header[0] ?? 0, data: this.#data };
      this.#data = null;
      this.#headerBytes = 0;
      yield message;
    }
  }

  #takeHeader(part: Uint8Array): number {
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.byteLength;
    return part.byteLength;
  }
}
