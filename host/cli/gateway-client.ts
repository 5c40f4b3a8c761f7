/**
 * A client of the gateway's WebSocket protocol, version 4, for the command line.
 *
 * Guarantees: every request is answered or rejected, also when the socket closes; a gateway that is not
 * there is told apart from one that refuses. Refuses nothing: the gateway decides.
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { Control, GatewayAddress } from "./control.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const SCOPES = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.pairing",
];

interface Waiting {
  readonly resolve: (value: JsonValue) => void;
  readonly reject: (error: HostError) => void;
}

/** Rejects with NoGateway if nothing listens, `request.forbidden` for a refused token. */
export async function connectGateway(address: GatewayAddress, version: string): Promise<Control> {
  const connection = new GatewayConnection(address.url);
  await connection.open(address.token, version);
  return connection;
}

/** Thrown when nothing listens: the caller may then open the state folder itself. */
export class NoGateway extends HostError {
  constructor(url: string, cause?: unknown) {
    super("request.invalid", `No gateway answers on ${url}`, {
      fix: 'Start one with "openclaw gateway" (in a clone: npm start)',
      cause,
    });
  }
}

class GatewayConnection implements Control {
  readonly #socket: WebSocket;
  readonly #url: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners: ((event: string, payload: JsonObject) => void)[] = [];
  #next = 0;

  constructor(url: string) {
    this.#url = url;
    this.#socket = new WebSocket(url);
  }

  open(token: string, version: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(reject, new NoGateway(this.#url)), CONNECT_TIMEOUT_MS);
      this.#socket.addEventListener("close", (event) => {
        clearTimeout(timer);
        this.#rejectAll(event.code, event.reason);
        reject(new NoGateway(this.#url));
      });
      this.#socket.addEventListener("error", () => reject(new NoGateway(this.#url)));
      this.#socket.addEventListener("message", (event) => this.#receive(String(event.data)));
      this.#listeners.push((event) => {
        if (event !== "connect.challenge") return;
        this.request("connect", connectParams(token, version)).then(
          () => {
            clearTimeout(timer);
            resolve();
          },
          (error: HostError) => this.#fail(reject, error),
        );
      });
    });
  }

  request(method: string, params: JsonObject = {}): Promise<JsonValue> {
    const id = `cli-${++this.#next}`;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  onEvent(listener: (event: string, payload: JsonObject) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve();
      this.#socket.addEventListener("close", () => resolve());
      this.#socket.close();
    });
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as JsonValue;
    if (!isJsonObject(frame)) return;
    if (frame.type === "event" && typeof frame.event === "string") {
      const payload = isJsonObject(frame.payload) ? frame.payload : {};
      for (const listener of this.#listeners) listener(frame.event, payload);
    } else if (frame.type === "res" && typeof frame.id === "string") {
      this.#settle(frame.id, frame);
    }
  }

  #settle(id: string, frame: JsonObject): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (frame.ok === true) waiting.resolve(frame.payload ?? null);
    else waiting.reject(errorOf(frame.error));
  }

  #rejectAll(code: number, reason: string): void {
    const error = new HostError(
      "internal",
      `The gateway closed the connection (${code}${reason === "" ? "" : `: ${reason}`})`,
    );
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  #fail(reject: (error: HostError) => void, error: HostError): void {
    reject(error);
    this.#socket.close();
  }
}

function connectParams(token: string, version: string): JsonObject {
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "cli", version, platform: "terminal", mode: "cli" },
    role: "operator",
    scopes: SCOPES,
    caps: ["tool-events"],
    auth: { token },
  };
}

function errorOf(error: JsonValue | undefined): HostError {
  const message =
    isJsonObject(error) && typeof error.message === "string"
      ? error.message
      : "The gateway refused the request";
  const details = isJsonObject(error) && isJsonObject(error.details) ? error.details : {};
  // The message of a frame ends in the fix already, for clients that show nothing else.
  const isTold = typeof details.fix !== "string" || message.endsWith(details.fix);
  const fix = isTold ? {} : { fix: String(details.fix) };
  if (details.code === "AUTH_TOKEN_MISMATCH") {
    return new HostError("request.forbidden", "The gateway refused the token of openclaw.json", {
      fix: "It was started with another one: give the same OPENCLAW_GATEWAY_TOKEN and OPENCLAW_STATE_DIR to this command",
    });
  }
  return new HostError("request.invalid", message, fix);
}
