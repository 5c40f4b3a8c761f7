/**
 * A WebSocket's messages in an effect's streams of bytes: each is one byte of kind, four of length (big-endian),
 * and its bytes. `host/edge/socket-messages.ts` is the other end.
 *
 * A message from a plugin is handed on piece by piece as it comes, so that its size costs the host no memory.
 */
import { EffectError } from "./failure.ts";

/** `close` carries two bytes of code and a reason, or nothing. */
export const KIND = { text: 1, binary: 2, close: 3 } as const;

export type MessageKind = (typeof KIND)[keyof typeof KIND];

export const HEADER_BYTES = 5;

export function encodeMessage(kind: MessageKind, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + data.byteLength);
  message[0] = kind;
  new DataView(message.buffer).setUint32(1, data.byteLength);
  message.set(data, HEADER_BYTES);
  return message;
}

export function encodeClose(code: number, reason: Uint8Array): Uint8Array {
  const data = new Uint8Array(2 + reason.byteLength);
  new DataView(data.buffer).setUint16(0, code);
  data.set(reason, 2);
  return encodeMessage(KIND.close, data);
}

export interface MessagePiece {
  readonly kind: MessageKind;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** Throws EffectError `invalid` for what is no message and `too-large` past `maxBytes`. */
export async function* readMessages(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<MessagePiece, void, undefined> {
  const header = new Uint8Array(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength;) {
      if (left === 0) {
        const taken = chunk.subarray(at, at + HEADER_BYTES - headerBytes);
        header.set(taken, headerBytes);
        headerBytes += taken.byteLength;
        at += taken.byteLength;
        if (headerBytes < HEADER_BYTES) continue;
        left = lengthOf(header, maxBytes);
        if (left > 0) continue;
      }
      const bytes = chunk.subarray(at, at + left);
      at += bytes.byteLength;
      left -= bytes.byteLength;
      if (left === 0) headerBytes = 0;
      yield { kind: header[0] as MessageKind, bytes, isLast: left === 0 };
    }
  }
}

function lengthOf(header: Uint8Array, maxBytes: number): number {
  const [kind] = header;
  if (kind !== KIND.text && kind !== KIND.binary && kind !== KIND.close) {
    throw new EffectError("invalid", "Cannot send to the socket: what was sent is no message");
  }
  const bytes = new DataView(header.buffer).getUint32(1);
  if (bytes > maxBytes) {
    throw new EffectError(
      "too-large",
      `Cannot send a message of ${bytes} bytes: a socket takes at most ${maxBytes}`,
    );
  }
  return bytes;
}
