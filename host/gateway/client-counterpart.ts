/**
 * A client of the gateway protocol for tests: real sockets, with every frame kept in order. Works on Bun,
 * Deno and Node through the global WebSocket.
 */
import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import type { ConnectInput, HelloOk } from "./protocol/connect.ts";
import type { ErrorShape } from "./protocol/errors.ts";
import type { EventFrame, ResponseFrame, ServerFrame } from "./protocol/frames.ts";

export const ALL_SCOPES = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.questions",
  "operator.pairing",
];

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Fails a test that waits for what never comes. */
const PATIENCE_MS = 5000;

export class TestClient {
  readonly frames: ServerFrame[] = [];
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #ids = 0;
  #closed: Closed | null = null;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    // Bun and Deno take headers; on Node only what needs none is tested.
    const options = { headers } as unknown as string[];
    this.#socket = Object.keys(headers).length === 0 ? new WebSocket(url) : new WebSocket(url, options);
    this.#socket.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.#closed = { code, reason };
      this.#wake();
    });
    this.#socket.addEventListener("error", () => undefined);
  }

  /** The first frame, from now or before, that `pick` takes. Rejects when the socket closes without one. */
  async frame<Frame extends ServerFrame>(
    pick: (frame: ServerFrame) => frame is Frame,
    from = 0,
  ): Promise<Frame> {
    for (;;) {
      const found = this.frames.slice(from).find(pick);
      if (found !== undefined) return found;
      if (this.#closed !== null) throw new Error(`closed ${this.#closed.code} ${this.#closed.reason}`);
      await this.#change();
    }
  }

  event(name: string, from = 0): Promise<EventFrame<never>> {
    return this.frame(
      (frame): frame is EventFrame<never> => frame.type === "event" && frame.event === name,
      from,
    );
  }

  /** The event `chat` that ends this run. */
  chatEnd(
    runId: string,
  ): Promise<EventFrame<{ runId: string; state: string; seq: number } & Record<string, never>>> {
    return this.frame((frame): frame is EventFrame<never> => {
      if (frame.type !== "event" || frame.event !== "chat") return false;
      const payload = frame.payload as { runId: string; state: string };
      return payload.runId === runId && ["final", "error", "aborted"].includes(payload.state);
    });
  }

  async closed(): Promise<Closed> {
    while (this.#closed === null) await this.#change();
    return this.#closed;
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Sends a request; gives its answer, whatever it is. */
  async ask(method: string, params: unknown = {}): Promise<ResponseFrame> {
    const id = `t${++this.#ids}`;
    const from = this.frames.length;
    this.sendText(JSON.stringify({ type: "req", id, method, params }));
    return this.frame((frame): frame is ResponseFrame => frame.type === "res" && frame.id === id, from);
  }

  /** The payload; throws what the gateway answered if it refused. */
  async request<Payload = Record<string, never>>(method: string, params: unknown = {}): Promise<Payload> {
    const answer = await this.ask(method, params);
    if (!answer.ok) throw new GatewayRefusal(answer.error);
    return answer.payload as Payload;
  }

  async challenge(): Promise<{ nonce: string; ts: number }> {
    return (await this.event("connect.challenge")).payload;
  }

  async connect(patch: Partial<ConnectInput> = {}): Promise<HelloOk> {
    await this.challenge();
    return this.request<HelloOk>("connect", connectParams(patch));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed();
  }

  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = AbortSignal.timeout(PATIENCE_MS);
    const { promise: lateness, reject } = Promise.withResolvers<never>();
    const onLate = () =>
      reject(new Error(`nothing came in ${PATIENCE_MS} ms; ${this.frames.length} frames so far`));
    late.addEventListener("abort", onLate);
    this.#waiting.add(resolve);
    try {
      await Promise.race([promise, lateness]);
    } finally {
      late.removeEventListener("abort", onLate);
      this.#waiting.delete(resolve);
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}

export class GatewayRefusal extends Error {
  readonly error: ErrorShape;

  constructor(error: ErrorShape) {
    super(`${error.code}: ${error.message}`);
    this.error = error;
  }
}

export function connectParams(patch: Partial<ConnectInput> = {}): ConnectInput {
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "gateway-client", version: "1", platform: "linux", mode: "backend" },
    role: "operator",
    scopes: ALL_SCOPES,
    caps: ["tool-events"],
    ...patch,
  };
}

export interface DeviceKey {
  readonly id: string;
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export function newDevice(): DeviceKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return {
    id: createHash("sha256").update(raw).digest("hex"),
    publicKey: Buffer.from(raw).toString("base64url"),
    privateKey,
  };
}

/** What the device adds to `connect`; `patch` makes it wrong. */
export function proofOf(
  device: DeviceKey,
  params: ConnectInput,
  challenge: { nonce: string; ts: number },
  patch: { version?: "v2" | "v3"; nonce?: string; signedAt?: number; id?: string } = {},
): NonNullable<ConnectInput["device"]> {
  const { id, mode, platform, deviceFamily = "" } = params.client;
  const nonce = patch.nonce ?? challenge.nonce;
  const signedAt = patch.signedAt ?? challenge.ts;
  const deviceId = patch.id ?? device.id;
  const version = patch.version ?? "v3";
  const token = params.auth?.token ?? params.auth?.deviceToken ?? "";
  const fields = [version, deviceId, id, mode, params.role ?? "operator", (params.scopes ?? []).join(",")];
  const machine = version === "v3" ? [platform, deviceFamily] : [];
  const text = [...fields, signedAt, token, nonce, ...machine].join("|");
  const signature = sign(null, Buffer.from(text), device.privateKey).toString("base64url");
  return { id: deviceId, publicKey: device.publicKey, signature, signedAt, nonce };
}

export const newKey = () => `agent:main:test-${randomUUID()}`;
