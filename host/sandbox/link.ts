/**
 * One conversation with a sandbox process: greeting, frames out, checked frames in.
 *
 * Guarantees that nothing is handed on before a `ready` of our version, that every frame handed on was
 * checked, and that the first thing which is wrong ends the conversation: with a protocol error, a crash, or
 * the reason given to `close`. Bytes that the peer does not read are bounded. Refuses to know isolates.
 */
import { asHostError, HostError } from "#host/base/errors.ts";
import { parseSandboxFrame } from "#host/pipe/frame-schema.ts";
import { createDecoder, encodeFrame, FROM_SANDBOX } from "#host/pipe/framing.ts";
import {
  PIPE_VERSION,
  type HostFrame,
  type ReadyFrame,
  type SandboxFrame,
  type Transport,
} from "#host/pipe/protocol.ts";
import type { SandboxLimits } from "./limits.ts";

/** May throw a HostError: the conversation ends with it. */
export type FrameHandler = (frame: SandboxFrame, payload: Uint8Array) => void;

export class Link {
  readonly ready: Promise<ReadyFrame>;
  /** Resolves once, with why the conversation ended. */
  readonly ended: Promise<HostError>;
  readonly #transport: Transport;
  readonly #maxUnsentBytes: number;
  readonly #greeted = Promise.withResolvers<ReadyFrame>();
  readonly #listening = Promise.withResolvers<FrameHandler>();
  readonly #ending = Promise.withResolvers<HostError>();
  #handler: FrameHandler | null = null;
  #unsentBytes = 0;
  #closed: HostError | null = null;

  constructor(transport: Transport, limits: Pick<SandboxLimits, "maxUnsentBytes">) {
    this.#transport = transport;
    this.#maxUnsentBytes = limits.maxUnsentBytes;
    this.ready = this.#greeted.promise;
    this.ended = this.#ending.promise;
    this.ready.catch(() => {});
    void this.#receive();
  }

  /** Starts handing on frames. What came before waits. */
  listen(handler: FrameHandler): void {
    this.#listening.resolve(handler);
  }

  /** Resolves when the peer can take more. Never rejects: an end shows in `ended`. */
  send(header: HostFrame, payload?: Uint8Array): Promise<void> | void {
    let full: Promise<void> | void = undefined;
    for (const bytes of encodeFrame(header, payload)) full = this.#write(bytes) ?? full;
    return full;
  }

  close(reason: HostError): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#transport.close();
    this.#greeted.reject(reason);
    this.#ending.resolve(reason);
  }

  #write(bytes: Uint8Array): Promise<void> | void {
    if (this.#closed !== null) return;
    const full = this.#transport.send(bytes);
    if (full === undefined) return;
    this.#unsentBytes += bytes.byteLength;
    if (this.#unsentBytes > this.#maxUnsentBytes) {
      this.close(protocolError(`it does not read: ${this.#unsentBytes} bytes wait for it`));
    }
    return full.then(
      () => {
        this.#unsentBytes -= bytes.byteLength;
      },
      () => {},
    );
  }

  async #receive(): Promise<void> {
    const decoder = createDecoder(FROM_SANDBOX);
    try {
      for await (const bytes of this.#transport.receive()) {
        for (const { header, payload } of decoder.push(bytes)) {
          const frame = parseSandboxFrame(header, payload.byteLength);
          if (this.#handler === null) this.#handler = await this.#greet(frame);
          else this.#handler(frame, payload);
        }
        if (this.#closed !== null) return;
      }
      this.close(new HostError("plugin.crashed", "The sandbox process ended"));
    } catch (thrown) {
      this.close(asHostError(thrown));
    }
  }

  #greet(frame: SandboxFrame): Promise<FrameHandler> {
    if (frame.t !== "ready") throw protocolError(`its first frame is "${frame.t}", not "ready"`);
    if (frame.version !== PIPE_VERSION) {
      throw protocolError(`it speaks version ${frame.version}, this host speaks ${PIPE_VERSION}`);
    }
    this.#greeted.resolve(frame);
    return this.#listening.promise;
  }
}

export function protocolError(rule: string): HostError {
  return new HostError("sandbox.protocol", `Cannot go on with a sandbox process: ${rule}`);
}
