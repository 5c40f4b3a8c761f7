/**
 * An open TCP connection as the two streams of an effect.
 *
 * Bytes go each way as fast as the slower end takes them. When the plugin's stream ends, the other side is told
 * (a half-close); when the other side's ends, the connection is over.
 */
import type { Socket } from "node:net";
import { networkError } from "./network-error.ts";
import { ownedStream } from "./owned-stream.ts";

export interface TcpStreams {
  /** What comes in, for the plugin. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves once, when the connection is gone. */
  readonly ended: Promise<TcpEnd>;
}

export interface TcpEnd {
  /** Bytes. */
  readonly sent: number;
  readonly received: number;
}

export interface TcpStreamsOptions {
  /** `host:port`, for messages. */
  readonly name: string;
  /** Silence after which the system asks whether the other end is still there. */
  readonly keepAliveMs: number;
  readonly signal: AbortSignal;
}

export function streamTcp(
  socket: Socket,
  outgoing: AsyncIterable<Uint8Array>,
  { name, keepAliveMs, signal }: TcpStreamsOptions,
): TcpStreams {
  socket.setKeepAlive(true, keepAliveMs);
  const counts = { sent: 0, received: 0 };
  const { promise: ended, resolve } = Promise.withResolvers<TcpEnd>();
  socket.once("close", () => resolve(counts));
  if (socket.destroyed) resolve(counts);
  void send(socket, outgoing, counts);
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const next = async () => {
    try {
      const { done, value } = await chunks.next();
      if (done === true) return null;
      counts.received += value.byteLength;
      return value;
    } catch (thrown) {
      throw networkError(`Cannot go on with the connection to "${name}"`, thrown);
    }
  };
  return { incoming: ownedStream(next, () => socket.destroy(), signal), ended };
}

/** Never rejects: what fails here fails for the reader too. */
async function send(socket: Socket, outgoing: AsyncIterable<Uint8Array>, counts: { sent: number }) {
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  try {
    for await (const chunk of outgoing) {
      if (socket.destroyed) return;
      counts.sent += chunk.byteLength;
      if (!socket.write(chunk)) await Promise.race([drained(socket), gone]);
    }
    socket.end();
  } catch {
    socket.destroy(); // the plugin broke its stream off
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("drain", () => resolve()));
}
