/**
 * An open WebSocket as the two streams of an effect.
 *
 * Guarantees bounded memory whoever is slow: a socket whose messages nobody reads is paused, and a plugin's
 * messages are taken only as fast as the socket sends them. A peer that does not answer a ping is cut off. How the
 * socket ended stands in `ended`, and reaches the plugin as a last message of kind `close`.
 */
import type { WebSocket } from "ws";
import { EffectError } from "./failure.ts";
import { networkError } from "./network-error.ts";
import { ownedStream } from "./owned-stream.ts";
import { encodeClose, encodeMessage, KIND, readMessages, type MessagePiece } from "./socket-messages.ts";

export interface WebSocketStreams {
  /** What comes in, for the plugin. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves once, when nothing more comes or goes. */
  readonly ended: Promise<SocketEnd>;
}

export interface SocketEnd {
  readonly code: number;
  readonly sent: number;
  readonly received: number;
}

export interface WebSocketStreamsOptions {
  /** The host as the plugin named it, for messages. */
  readonly host: string;
  readonly maxMessageBytes: number;
  readonly pingMs: number;
  readonly signal: AbortSignal;
}

/** Bytes handed to the socket that are not sent yet. Past it the plugin's messages wait. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** RFC 6455, section 7.4.1: the end that goes away says so. */
const GOING_AWAY = 1001;
const ABNORMAL = 1006;
/** After the plugin went, how long the peer has to answer the close. A plugin's own close waits as `ws` does, 30 s. */
const CLOSE_GRACE_MS = 1_000;

/** Takes a paused socket over. `outgoing` is what the plugin sends. */
export function streamWebSocket(
  socket: WebSocket,
  outgoing: AsyncIterable<Uint8Array>,
  options: WebSocketStreamsOptions,
): WebSocketStreams {
  const live = new LiveSocket(socket, options);
  void live.send(outgoing);
  return { incoming: live.incoming, ended: live.ended };
}

class LiveSocket {
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly ended: Promise<SocketEnd>;
  readonly #socket: WebSocket;
  readonly #options: WebSocketStreamsOptions;
  readonly #ending = Promise.withResolvers<SocketEnd>();
  readonly #pings: ReturnType<typeof setInterval>;
  #waiting: Uint8Array[] = [];
  #failure: unknown = null;
  #isClosed = false;
  /** Nobody reads any longer: what still comes is thrown away. */
  #isLeft = false;
  #isAlive = true;
  #unsent = 0;
  #sent = 0;
  #received = 0;
  #wakeReader: (() => void) | null = null;
  #wakeSender: (() => void) | null = null;

  constructor(socket: WebSocket, options: WebSocketStreamsOptions) {
    this.#socket = socket;
    this.#options = options;
    this.ended = this.#ending.promise;
    socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on("error", (error) => (this.#failure ??= error));
    socket.on("pong", () => (this.#isAlive = true));
    socket.on("ping", () => (this.#isAlive = true));
    socket.once("close", (code, reason) => this.#closed(code, reason));
    this.#pings = setInterval(() => this.#ping(), options.pingMs);
    this.incoming = ownedStream(
      () => this.#next(),
      () => this.#leave(),
      options.signal,
    );
  }

  /** Never rejects: a plugin that breaks the framing or a socket that fails ends the socket. */
  async send(outgoing: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of readMessages(outgoing, this.#options.maxMessageBytes)) {
        if (this.#isClosed) return;
        if (piece.kind === KIND.close) this.#close(piece);
        else await this.#sendPiece(piece);
      }
    } catch (thrown) {
      if (this.#options.signal.aborted) return;
      this.#failure ??= thrown;
      this.#socket.terminate();
    }
  }

  async #sendPiece({ kind, bytes, isLast }: MessagePiece): Promise<void> {
    this.#unsent += bytes.byteLength;
    this.#socket.send(bytes, { binary: kind === KIND.binary, fin: isLast }, () => {
      this.#unsent -= bytes.byteLength;
      this.#wakeSender?.();
    });
    if (isLast) this.#sent += 1;
    while (this.#unsent > MAX_UNSENT_BYTES && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wakeSender = resolve));
    }
  }

  /** Throws for a code or reason that may not be sent (RFC 6455, section 7.4). */
  #close({ bytes, isLast }: MessagePiece): void {
    if (!isLast || bytes.byteLength === 1) {
      throw new EffectError("invalid", "Cannot close the socket: its close is malformed");
    }
    const code = bytes.byteLength === 0 ? undefined : (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
      throw new EffectError("invalid", `Cannot close the socket with ${code}`, {
        fix: "Use 1000, or a code from 3000 to 4999",
      });
    }
    this.#socket.close(code, Buffer.from(bytes.subarray(2)));
    this.#drain();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#isAlive = true;
    this.#received += 1;
    if (this.#isLeft) return;
    this.#waiting.push(encodeMessage(isBinary ? KIND.binary : KIND.text, data));
    this.#socket.pause();
    this.#wakeReader?.();
  }

  /**
   * The next message for the plugin; null after the close. Messages are not joined, small as they may be: each
   * enters the isolate by itself, so that what awaits one has its turn before the next is there.
   */
  async #next(): Promise<Uint8Array | null> {
    while (this.#waiting.length === 0 && !this.#isClosed) {
      if (this.#socket.isPaused) this.#socket.resume();
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
    const message = this.#waiting.shift();
    if (message !== undefined) return message;
    if (this.#failure === null) return null;
    throw networkError(`Cannot go on with the socket to "${this.#options.host}"`, this.#failure);
  }

  #closed(code: number, reason: Buffer): void {
    this.#isClosed = true;
    clearInterval(this.#pings);
    if (this.#failure === null) this.#waiting.push(encodeClose(code, reason));
    this.#ending.resolve({
      code: this.#failure === null ? code : ABNORMAL,
      sent: this.#sent,
      received: this.#received,
    });
    this.#wakeReader?.();
    this.#wakeSender?.();
  }

  /** The reader went: the peer is told, and has a moment to answer. */
  #leave(): void {
    if (this.#isClosed) return;
    this.#socket.close(GOING_AWAY);
    this.#drain();
    const cut = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
    this.#socket.once("close", () => clearTimeout(cut));
  }

  /** Reads on without keeping anything, so that the peer's close is seen. */
  #drain(): void {
    this.#isLeft = true;
    this.#socket.resume();
  }

  /** A socket that is paused cannot hear its peer's answer, so nothing is concluded from its silence. */
  #ping(): void {
    if (this.#socket.isPaused) this.#isAlive = true;
    else if (this.#isAlive) {
      this.#isAlive = false;
      this.#socket.ping();
    } else this.#cutOff();
  }

  #cutOff(): void {
    this.#failure ??= new EffectError("timeout", `The socket to "${this.#options.host}" fell silent`);
    this.#socket.terminate();
  }
}
