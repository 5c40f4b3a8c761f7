/**
 * A real gateway in a process of its own, for tests and benchmarks: a fresh state folder, a port of the
 * system's choice, everything gone at the end.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

export type Runtime = "bun" | "node" | "deno";

export interface GatewayOptions {
  readonly runtime?: Runtime;
  /** Reused if given; otherwise made, and deleted by `stop`. */
  readonly stateDir?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program to start, with its arguments: an installed `openclaw gateway`. */
  readonly command?: readonly string[];
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly token: string;
  readonly stateDir: string;
  /** The printed address with its ticket. */
  readonly address: string;
  /** All that was printed so far. */
  output(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; the state folder stays. */
  kill(): Promise<void>;
}

const TOKEN = "test-token-of-this-run";
const START_LIMIT_MS = 30_000;

/** Resolves once the gateway has printed its address; rejects with what it printed if it ends before. */
export async function startGateway(options: GatewayOptions = {}): Promise<GatewayProcess> {
  const ownState = options.stateDir === undefined;
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "openclaw-test-")));
  const [program = "", ...args] = options.command ?? commandOf(options.runtime ?? "bun");
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: stateDir,
      OPENCLAW_STATE_DIR: stateDir,
      OPENCLAW_GATEWAY_PORT: String(options.port ?? 0),
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
      ...options.env,
    },
  });
  const printed = { text: "" };
  const address = await addressOf(child, printed);
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  return {
    child,
    pid: child.pid ?? 0,
    port: Number(new URL(address).port),
    token: TOKEN,
    stateDir,
    address,
    output: () => printed.text,
    stop: async () => {
      const code = await end("SIGTERM");
      if (ownState) await rm(stateDir, { recursive: true, force: true });
      return code;
    },
    kill: async () => void (await end("SIGKILL")),
  };
}

function addressOf(child: ChildProcess, printed: { text: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail("printed no address in time"), START_LIMIT_MS);
    const fail = (problem: string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`The gateway ${problem}:\n${printed.text}`));
    };
    const read = (chunk: Buffer) => {
      printed.text += chunk.toString();
      const found = /https?:\/\/127\.0\.0\.1:\d+\/#ticket=[\w-]+/.exec(printed.text);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => fail(`ended with code ${code}`));
    child.once("error", (error) => fail(error.message));
  });
}

function commandOf(runtime: Runtime): string[] {
  const program = [join(root, "host", "main.ts"), "gateway"];
  if (runtime === "node") return [sandboxNode(), "--disable-warning=ExperimentalWarning", ...program];
  if (runtime === "deno") return [denoBinary(), "run", "-A", "--no-check", "-q", ...program];
  const bun = process.versions.bun === undefined ? join(root, "dist", "bun") : process.execPath;
  return [bun, "--no-env-file", "--no-install", ...program];
}

/** The Node that the sandbox runs on, from the platform's own package. */
export function sandboxNode(): string {
  const arch =
    process.platform === "darwin" && process.arch === "arm64"
      ? "bin-darwin-arm64"
      : `${process.platform}-${process.arch}`;
  return join(root, "node_modules", `node-${arch}`, "bin", "node");
}

/** The program itself: the script in `.bin` stays in front of it and keeps its signals. */
export function denoBinary(): string {
  const libc = process.platform === "linux" ? "-glibc" : "";
  return join(root, "node_modules", "@deno", `${process.platform}-${process.arch}${libc}`, "deno");
}

/** A WebSocket client of protocol 4 that is just enough for a smoke test. */
export async function connect(gateway: { port: number; token: string }): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}`);
  const client = new Client(socket);
  await client.challenged;
  await client.request("connect", {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "gateway-client", version: "0", platform: "test", mode: "backend" },
    role: "operator",
    scopes: ["operator.read", "operator.write", "operator.admin", "operator.approvals"],
    caps: ["tool-events"],
    auth: { token: gateway.token },
  });
  return client;
}

// Frames are plain data of any shape here: tests assert on what they need of them.
type Payload = Record<string, unknown>;

/** Resolves once the catalogue names the tool. */
export async function untilTool(client: Client, name: string, limitMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline;) {
    if (JSON.stringify(await client.request("tools.catalog")).includes(`"${name}"`)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The tool ${name} did not appear within ${limitMs} ms`);
}

export class Client {
  readonly challenged: Promise<void>;
  readonly events: { event: string; payload: Payload }[] = [];
  readonly #socket: WebSocket;
  readonly #waiting = new Map<
    string,
    { resolve: (payload: Payload) => void; reject: (error: Error) => void }
  >();
  readonly #watchers = new Set<() => void>();
  #next = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.challenged = new Promise((resolve, reject) => {
      socket.addEventListener("error", () => reject(new Error("The socket did not open")));
      socket.addEventListener("close", (event) => {
        for (const waiting of this.#waiting.values())
          waiting.reject(new Error(`closed ${event.code} ${event.reason}`));
      });
      socket.addEventListener("message", (message) => {
        const frame = JSON.parse(String(message.data)) as Payload;
        if (frame.type === "event") this.#event(frame, resolve);
        else this.#answer(frame);
      });
    });
  }

  request(method: string, params: Payload = {}): Promise<Payload> {
    const id = String(++this.#next);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  /** Resolves with the first event, past or to come, that fits. */
  async until(fits: (event: string, payload: Payload) => boolean, limitMs = 20_000): Promise<Payload> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const found = this.events.find(({ event, payload }) => fits(event, payload));
      if (found !== undefined) return found.payload;
      if (Date.now() > deadline)
        throw new Error(
          `No such event within ${limitMs} ms; seen: ${this.events.map((seen) => seen.event).join(" ")}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 250);
        this.#watchers.add(() => (clearTimeout(timer), resolve()));
      });
    }
  }

  /** One turn: resolves with the payload of the `chat` event that ends it. */
  async chat(message: string, sessionKey = "agent:main:main"): Promise<Payload> {
    const runId = crypto.randomUUID();
    await this.request("chat.send", { sessionKey, message, idempotencyKey: runId });
    return this.until(
      (event, payload) =>
        event === "chat" &&
        payload.runId === runId &&
        ["final", "error", "aborted"].includes(String(payload.state)),
    );
  }

  close(): void {
    this.#socket.close();
  }

  #event(frame: Payload, challenged: () => void): void {
    if (frame.event === "connect.challenge") challenged();
    this.events.push({ event: String(frame.event), payload: (frame.payload ?? {}) as Payload });
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }

  #answer(frame: Payload): void {
    const waiting = this.#waiting.get(String(frame.id));
    this.#waiting.delete(String(frame.id));
    if (frame.ok === true) waiting?.resolve((frame.payload ?? {}) as Payload);
    else waiting?.reject(new Error(JSON.stringify(frame.error)));
  }
}
