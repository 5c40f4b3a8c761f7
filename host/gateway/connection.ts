/**
 * One client on the WebSocket, from the challenge to the close.
 *
 * Before hello it takes one frame, `connect`, of bounded size and within bounded time. After it, requests are
 * started in the order in which they came and answered as each is done. A malformed request is answered and
 * the line stays open; text that is not JSON gets no answer.
 */
import { randomUUID } from "node:crypto";
import * as v from "valibot";
import type { ServerSocket, SocketListener } from "#host/base/server.ts";
import type { Admitted, Caller, Handshake } from "./handshake.ts";
import type { Client, Dispatch } from "./methods/method.ts";
import { Outbox } from "./outbox.ts";
import type { ConnectChallenge, HelloAuth, HelloOk } from "./protocol/connect.ts";
import { invalidRequest, type ErrorShape } from "./protocol/errors.ts";
import { requestFrame, type RequestFrame } from "./protocol/frames.ts";
import { describeIssues } from "./protocol/wording.ts";

export interface ConnectionLimits {
  readonly maxHandshakeBytes: number;
  readonly handshakeTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly maxRequestsInFlight: number;
}

export interface ConnectionDeps {
  readonly handshake: Handshake;
  readonly dispatch: Dispatch;
  readonly hello: (connId: string, auth: HelloAuth) => Promise<HelloOk>;
  readonly limits: ConnectionLimits;
  readonly now: () => number;
  readonly left: (connection: Connection) => void;
  /** A client that does not read was cut off. */
  readonly cutOff: (connection: Connection) => void;
  /** For what no client should see. */
  readonly failed: (error: unknown) => void;
}

export class Connection implements SocketListener {
  readonly id = randomUUID();
  readonly #socket: ServerSocket;
  readonly #deps: ConnectionDeps;
  readonly #caller: Caller;
  readonly #outbox: Outbox;
  readonly #challenge: ConnectChallenge;
  readonly #handshakeTimer: NodeJS.Timeout;
  #state: "waiting" | "connecting" | "open" | "closed" = "waiting";
  #early: string[] = [];
  #earlyBytes = 0;
  #seq = 0;
  #inFlight = 0;
  #client: Client | null = null;

  constructor(socket: ServerSocket, caller: Caller, deps: ConnectionDeps) {
    this.#socket = socket;
    this.#caller = caller;
    this.#deps = deps;
    this.#outbox = new Outbox(socket, deps.limits.maxBufferedBytes, () => this.#cut());
    this.#challenge = { nonce: randomUUID(), ts: deps.now() };
    this.#handshakeTimer = setTimeout(() => this.close(1000, ""), deps.limits.handshakeTimeoutMs);
    this.#send({ type: "event", event: "connect.challenge", payload: this.#challenge });
  }

  /** Who this is; null before hello. */
  get client(): Client | null {
    return this.#client;
  }

  /** Sends an event that was serialised up to its number: `…,"seq":`. */
  sendEvent(head: string): void {
    this.#outbox.push(`${head}${++this.#seq}}`);
  }

  message(text: string): void {
    if (this.#state === "open") return this.#request(text);
    if (this.#state === "closed") return;
    this.#earlyBytes += text.length;
    if (this.#earlyBytes > this.#deps.limits.maxHandshakeBytes) return this.close(1009, "");
    // Frames that follow `connect` without waiting for hello are answered after it.
    if (this.#state === "connecting") return void this.#early.push(text);
    const frame = parseJson(text);
    if (frame === undefined) return this.close(1000, "");
    this.#state = "connecting";
    void this.#connect(frame);
  }

  closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#handshakeTimer);
    this.#outbox.close();
    this.#deps.left(this);
  }

  close(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#outbox.flush();
    this.#socket.close(code, reason);
    this.closed();
  }

  async #connect(received: unknown): Promise<void> {
    try {
      const parsed = v.safeParse(requestFrame, received);
      if (!parsed.success) return this.#refuse(idOf(received), invalidFrame(parsed.issues), 1008);
      const frame = parsed.output;
      const decision = await this.#deps.handshake(frame, this.#challenge, this.#caller);
      if (!decision.admitted) return this.#refuse(frame.id, decision.error, decision.closeCode);
      const hello = await this.#deps.hello(this.id, decision.auth);
      if (this.#state === "closed") return;
      clearTimeout(this.#handshakeTimer);
      this.#open(decision);
      this.#send({ type: "res", id: frame.id, ok: true, payload: hello });
      for (const text of this.#early.splice(0)) this.#request(text);
    } catch (error) {
      this.#deps.failed(error);
      this.close(1011, "internal error");
    }
  }

  #open(decision: Admitted): void {
    const { params, auth } = decision;
    this.#state = "open";
    this.#client = {
      connId: this.id,
      clientId: params.client.id,
      scopes: new Set(auth.scopes),
      caps: new Set(params.caps),
      watched: { sessions: false, messages: new Set() },
    };
  }

  #request(text: string): void {
    const received = parseJson(text);
    if (received === undefined) return;
    const parsed = v.safeParse(requestFrame, received);
    if (!parsed.success) return this.#fail(idOf(received), invalidFrame(parsed.issues));
    if (this.#inFlight >= this.#deps.limits.maxRequestsInFlight) {
      return this.#fail(parsed.output.id, {
        code: "UNAVAILABLE",
        message: `too many requests at once: ${this.#inFlight} are still being answered`,
        retryable: true,
        retryAfterMs: 100,
      });
    }
    if (parsed.output.method === "connect") {
      return this.#fail(parsed.output.id, invalidRequest("connect is only valid as the first request"));
    }
    void this.#answer(parsed.output);
  }

  async #answer(frame: RequestFrame): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    const { id } = frame;
    this.#inFlight++;
    const early = (payload: object) => this.#send({ type: "res", id, ok: true, payload });
    const answer = await this.#deps.dispatch(frame.method, frame.params, client, early);
    this.#inFlight--;
    if (answer.ok) this.#send({ type: "res", id, ok: true, payload: answer.payload });
    else this.#fail(id, answer.error);
  }

  #refuse(id: string, error: ErrorShape, closeCode: number): void {
    this.#fail(id, error);
    // A close frame's reason holds 123 bytes (RFC 6455, section 5.5).
    this.close(closeCode, Buffer.from(error.message).subarray(0, 123).toString());
  }

  #fail(id: string, error: ErrorShape): void {
    this.#send({ type: "res", id, ok: false, error });
  }

  #send(frame: object): void {
    this.#outbox.push(JSON.stringify(frame));
  }

  /** The client does not read: no close frame would reach it before all that it left lying. */
  #cut(): void {
    this.#socket.close(1008, "slow consumer");
    this.#socket.terminate();
    this.closed();
    this.#deps.cutOff(this);
  }
}

function invalidFrame(issues: Parameters<typeof describeIssues>[0]): ErrorShape {
  return invalidRequest(`invalid request frame: ${describeIssues(issues)}`);
}

function idOf(received: unknown): string {
  const id = typeof received === "object" && received !== null && "id" in received ? received.id : null;
  return typeof id === "string" && id !== "" ? id : "invalid";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
