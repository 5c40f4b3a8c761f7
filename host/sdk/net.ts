/** `ctx.net`: TCP connections to what the manifest names under `tcp` and the owner granted. */

/** TCP connections to what the manifest names under `tcp` and the owner granted. */
export interface PluginNet {
  /**
   * Connects, and with `tls` checks the certificate against `host`. Rejects with an `Error` whose `code` is `denied`,
   * `network`, `timeout` or `aborted`. The connection ends with the call that opened it.
   */
  connect(target: ConnectTarget): Promise<PluginConnection>;
}

/** Where to connect, as the manifest names it under `tcp`. */
export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly tls?: boolean;
}

/** An open TCP connection. */
export interface PluginConnection {
  /** Bytes as they come; its end is the connection's. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes bytes as fast as the other end does. Closing it tells the other end that no more comes. */
  readonly writable: WritableStream<Uint8Array>;
  /** Cuts the connection; what waits is lost. */
  close(): void;
}
