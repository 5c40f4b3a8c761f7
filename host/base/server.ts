/**
 * The contract between what answers (the gateway) and what listens (host/serve, one adapter for each
 * runtime). Neither knows the other; compose joins them.
 */

/** Where a request came from, as the listener saw it; nothing here was said by the client. */
export interface Peer {
  /** IP address without a port; null where the runtime does not tell. */
  readonly address: string | null;
}

/** One open WebSocket, seen from the gateway. Text only. */
export interface ServerSocket {
  /** Hands several messages over in one go, in order. `dropped`: the socket is closed or took only a part. */
  send(messages: readonly string[]): "sent" | "dropped";
  /** Bytes that were handed over and have not left yet. */
  bufferedBytes(): number;
  /** Closes politely: what was sent before goes out first. */
  close(code: number, reason: string): void;
  /** Cuts the line. For a peer that does not read. */
  terminate(): void;
}

/** What the gateway wants to hear about a socket. Neither function throws. */
export interface SocketListener {
  message(text: string): void;
  /** Last call; also after `terminate`. */
  closed(): void;
}

export type AcceptSocket = (socket: ServerSocket) => SocketListener;

/** A program that can be served. */
export interface ServerApp {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  /** Asked for each WebSocket: a Response refuses it, a function takes it. */
  upgrade(request: Request, peer: Peer): Response | AcceptSocket;
}

export interface ServeOptions {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly app: ServerApp;
  /** A longer WebSocket message ends its socket with code 1009. */
  readonly maxMessageBytes: number;
  /** Unsent bytes that a socket may pile up before the transport drops what follows. */
  readonly maxBufferedBytes: number;
}

export interface RunningServer {
  readonly port: number;
  /** Stops listening and ends what is open. */
  stop(): Promise<void>;
}

/** Rejects with a HostError `port.taken` if the address is in use. */
export type Serve = (options: ServeOptions) => Promise<RunningServer>;
