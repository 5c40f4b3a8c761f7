/** A gateway that listens, with the rest of the host played by host-counterpart. For tests and measurements. */
import type { RunningServer } from "#host/base/server.ts";
import { GATEWAY } from "#host/base/limits.ts";
import { loadServe } from "#host/serve/serve.ts";
import { TestClient, type DeviceKey, connectParams, proofOf } from "./client-counterpart.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import {
  clock,
  createHost,
  PAGE,
  quietLog,
  SETTINGS,
  TOKEN,
  type HostCounterpart,
} from "./host-counterpart.ts";
import type { GatewaySettings } from "./ports.ts";
import type { ConnectInput, HelloOk } from "./protocol/connect.ts";

export interface StartOptions {
  readonly host?: HostCounterpart;
  readonly limits?: Partial<GatewayLimits>;
  readonly settings?: Partial<GatewaySettings>;
}

export interface ListeningGateway extends AsyncDisposable {
  readonly host: HostCounterpart;
  readonly gateway: Gateway;
  readonly server: RunningServer;
  /** Everything that was logged. */
  readonly logged: string[];
  readonly http: string;
  readonly ws: string;
  /** A client that has said nothing yet. */
  client(headers?: Readonly<Record<string, string>>): TestClient;
  /** A client after hello, with the token. */
  join(patch?: Partial<ConnectInput>): Promise<TestClient>;
  /** A client after hello, with a device. */
  joinWith(device: DeviceKey, patch?: Partial<ConnectInput>): Promise<{ client: TestClient; hello: HelloOk }>;
}

export async function startGateway(options: StartOptions = {}): Promise<ListeningGateway> {
  const { host = createHost(), limits = {} } = options;
  const logged: string[] = [];
  const gateway = createGateway({
    ports: host.ports,
    settings: { ...SETTINGS, ...options.settings },
    log: quietLog(logged),
    clock,
    page: PAGE,
    limits,
  });
  const serve = await loadServe();
  const server = await serve({
    hostname: "127.0.0.1",
    port: 0,
    app: gateway,
    maxMessageBytes: limits.maxPayloadBytes ?? GATEWAY.maxPayloadBytes,
    maxBufferedBytes: limits.maxBufferedBytes ?? GATEWAY.maxBufferedBytes,
  });
  const ws = `ws://127.0.0.1:${server.port}`;
  return {
    host,
    gateway,
    server,
    logged,
    ws,
    http: `http://127.0.0.1:${server.port}`,
    client: (headers) => new TestClient(ws, headers),
    async join(patch) {
      const client = new TestClient(ws);
      await client.connect({ auth: { token: TOKEN }, ...patch });
      return client;
    },
    async joinWith(device, patch = {}) {
      const client = new TestClient(ws);
      const params = connectParams({ client: CLI, auth: { token: TOKEN }, ...patch });
      const proof = proofOf(device, params, await client.challenge());
      return { client, hello: await client.request<HelloOk>("connect", { ...params, device: proof }) };
    },
    async [Symbol.asyncDispose]() {
      gateway.close("the test is over");
      await server.stop();
    },
  };
}

export const CLI: ConnectInput["client"] = { id: "cli", version: "1", platform: "linux", mode: "cli" };
