/**
 * The line to the gateway: one WebSocket, its handshake, requests with answers, and the way back after a
 * loss.
 *
 * Guarantees that every request settles: with its answer, with an error frame, or with the loss of the
 * line. Waits between tries grow to 15 s and carry jitter, so that a restarted gateway is not met by all
 * pages at once. A refusal to authenticate ends the tries: only a person can mend that.
 */
import type { ErrorShape, HelloOk, ServerFrame } from "./wire.ts";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 15_000;
/** A line that is silent for this many ticks is dead, whatever the socket says. */
const SILENT_TICKS = 2.5;
const DEFAULT_TICK_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Close codes: protocol.md gives 4000 to a client that heard no tick. */
const CLOSE_SILENT = 4000;

const CLIENT = { id: "webchat-ui", mode: "webchat", platform: "web" } as const;
const SCOPES = ["operator.read", "operator.write", "operator.approvals", "operator.admin"];

/** The gateway answered with an error frame. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly error: ErrorShape;

  constructor(error: ErrorShape) {
    super(error.message);
    this.error = error;
  }

  /** What the reader can do about it, where the gateway says. */
  get fix(): string | null {
    const fix = this.error.details?.["fix"];
    return typeof fix === "string" ? fix : null;
  }
}

export interface LinkEvents {
  onConnecting(): void;
  onOpen(hello: HelloOk): void;
  onEvent(event: string, payload: unknown): void;
  onLost(reason: string, waitMs: number): void;
  /** The gateway does not accept this page; no further try is made. */
  onRefused(error: ErrorShape): void;
}

/** The part of WebSocket that is used; a test passes its own. */
export interface Socket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly reason: string }) => void): void;
}

export interface LinkOptions {
  readonly open: () => Socket;
  readonly version: string;
  readonly events: LinkEvents;
  readonly random?: () => number;
}

export interface Link {
  start(): void;
  /** Tries now instead of at the end of the wait. */
  retryNow(): void;
  stop(): void;
  request<Answer>(method: string, params?: object): Promise<Answer>;
}

interface Waiting {
  resolve(payload: unknown): void;
  reject(error: Error): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export function createLink({ open, version, events, random = Math.random }: LinkOptions): Link {
  const waiting = new Map<string, Waiting>();
  let socket: Socket | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let lastId = 0;
  let refused = false;
  let tickMs = DEFAULT_TICK_MS;

  function connect(): void {
    clearTimeout(retryTimer);
    refused = false;
    events.onConnecting();
    const mine = open();
    socket = mine;
    mine.addEventListener("message", ({ data }) => {
      if (socket === mine) receive(JSON.parse(String(data)) as ServerFrame);
    });
    mine.addEventListener("close", ({ reason }) => {
      if (socket === mine) lose(reason);
    });
    listenForSilence();
  }

  function receive(frame: ServerFrame): void {
    listenForSilence();
    if (frame.type === "event") {
      if (frame.event === "connect.challenge") void greet();
      else events.onEvent(frame.event, frame.payload);
      return;
    }
    const request = waiting.get(frame.id);
    if (request === undefined) return;
    waiting.delete(frame.id);
    clearTimeout(request.timer);
    if (frame.ok) request.resolve(frame.payload);
    else request.reject(new RequestError(frame.error));
  }

  async function greet(): Promise<void> {
    try {
      const hello = await request<HelloOk>("connect", connectParams(version));
      failures = 0;
      tickMs = hello.policy.tickIntervalMs;
      listenForSilence();
      events.onOpen(hello);
    } catch (error) {
      if (!(error instanceof RequestError)) return;
      refused = true;
      events.onRefused(error.error);
    }
  }

  function lose(reason: string): void {
    socket = null;
    clearTimeout(silenceTimer);
    for (const request of waiting.values()) {
      clearTimeout(request.timer);
      request.reject(new Error("The connection to the gateway was lost"));
    }
    waiting.clear();
    if (refused) return;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    const wait = longest * (0.5 + random() / 2);
    failures += 1;
    events.onLost(reason, wait);
    retryTimer = setTimeout(connect, wait);
  }

  function listenForSilence(): void {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => {
      const dead = socket;
      dead?.close(CLOSE_SILENT, "no tick");
      if (socket === dead && dead !== null) lose("The gateway went silent");
    }, tickMs * SILENT_TICKS);
  }

  function request<Answer>(method: string, params: object = {}): Promise<Answer> {
    const line = socket;
    if (line === null) return Promise.reject(new Error("There is no connection to the gateway"));
    lastId += 1;
    const id = `p${lastId}`;
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`The gateway did not answer "${method}" within ${REQUEST_TIMEOUT_MS / 1000} s`));
      }, REQUEST_TIMEOUT_MS);
      waiting.set(id, { resolve: (payload) => resolve(payload as Answer), reject, timer });
      line.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  return {
    start: connect,
    retryNow() {
      if (socket === null && !refused) connect();
    },
    stop() {
      clearTimeout(retryTimer);
      clearTimeout(silenceTimer);
      const line = socket;
      socket = null;
      line?.close(1000);
    },
    request,
  };
}

function connectParams(version: string): object {
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { ...CLIENT, version },
    role: "operator",
    scopes: SCOPES,
    caps: ["tool-events"],
    locale: navigator.language,
    userAgent: navigator.userAgent,
  };
}
