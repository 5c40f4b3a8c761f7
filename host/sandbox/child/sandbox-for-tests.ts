/**
 * The real sandbox program under the real Node, driven by a test over its stdio. For tests alone.
 *
 * Programs and snapshot are built once for each test file, into a folder that goes with it.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SANDBOX } from "#host/base/limits.ts";
import { parseSandboxFrame } from "#host/pipe/frame-schema.ts";
import { createDecoder, encodeFrame, FROM_SANDBOX } from "#host/pipe/framing.ts";
import type {
  CallFrame,
  HostFrame,
  OpenFrame,
  ResultFrame,
  SandboxFrame,
  ThrowFrame,
} from "#host/pipe/protocol.ts";

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const node = resolve(`node-${process.platform}-${process.arch}/bin/node`);
const prebuilds = join(dirname(resolve("isolated-vm")), "prebuilds", `${process.platform}-${process.arch}`);
const addon = join(
  prebuilds,
  readdirSync(prebuilds).find((name) => name.includes("abi147") && !name.includes("musl")) ?? "none",
);

export interface Programs {
  readonly dir: string;
  readonly snapshot: string;
}

let built: Promise<Programs> | null = null;

/** Builds once; the folder is removed when the process ends. */
export function buildPrograms(): Promise<Programs> {
  built ??= (async () => {
    const dir = await mkdtemp(join(tmpdir(), "sandbox-child-"));
    process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
    await run(node, [join(root, "dev/build.mjs"), dir]);
    const snapshot = join(dir, "edge.snapshot");
    await run(node, [join(dir, "build-snapshot.mjs"), addon, join(dir, "edge.js"), snapshot]);
    return { dir, snapshot };
  })();
  return built;
}

/** A snapshot of some other code than the edge runtime. */
export async function buildSnapshotOf(code: string): Promise<string> {
  const { dir } = await buildPrograms();
  const source = join(dir, "other.js");
  await writeFile(source, code);
  await run(node, [join(dir, "build-snapshot.mjs"), addon, source, `${source}.snapshot`]);
  return `${source}.snapshot`;
}

export interface Received<Frame extends SandboxFrame = SandboxFrame> {
  readonly frame: Frame;
  readonly payload: Uint8Array;
}

/** A tool's source: what the bundle of the smallest plugin leaves behind. */
export function toolCode(name: string, execute: string, parameters: object = {}, before = ""): string {
  const definition = `{ name: "${name}", description: "A test's tool", parameters: ${JSON.stringify(parameters)}, execute: ${execute} }`;
  return `"use strict"; var __plugin = (() => { ${before}; return { default: { kind: "tool", tools: [${definition}] } }; })();`;
}

export class TestSandbox {
  readonly process: ChildProcess;
  stderr = "";
  readonly #received: Received[] = [];
  #arrived = Promise.withResolvers<void>();
  #lastNumber = 0;
  /** By call. */
  readonly #isolates = new Map<number, number>();

  constructor(child: ChildProcess) {
    this.process = child;
    const decoder = createDecoder(FROM_SANDBOX);
    child.stderr?.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    child.stdout?.on("data", (bytes: Buffer) => {
      for (const { header, payload } of decoder.push(bytes)) {
        // A copy: the payload is a view on bytes that the stream may use again.
        this.#received.push({
          frame: parseSandboxFrame(header, payload.byteLength),
          payload: new Uint8Array(payload),
        });
      }
      this.#wake();
    });
    child.on("exit", () => this.#wake());
  }

  send(frame: HostFrame, payload?: Uint8Array): void {
    for (const bytes of encodeFrame(frame, payload)) this.process.stdin?.write(bytes);
  }

  /** The first frame of this kind that nobody has taken yet, when it comes. Rejects if `isolate` crashed before. */
  async next<Kind extends SandboxFrame["t"]>(
    kind: Kind,
    matches: (frame: Extract<SandboxFrame, { t: Kind }>) => boolean = () => true,
    isolate?: number,
  ): Promise<Received<Extract<SandboxFrame, { t: Kind }>>> {
    type Wanted = Extract<SandboxFrame, { t: Kind }>;
    for (;;) {
      const index = this.#received.findIndex(({ frame }) => frame.t === kind && matches(frame as Wanted));
      if (index >= 0) return this.#received.splice(index, 1)[0] as Received<Wanted>;
      const crash = this.#received.find(
        ({ frame }) => frame.t === "crash" && frame.isolate === isolate,
      )?.frame;
      if (crash?.t === "crash") throw new Error(`The isolate crashed before "${kind}" came: ${crash.reason}`);
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(
          `The sandbox ended (${exitCode ?? signalCode}) before "${kind}" came: ${this.stderr}`,
        );
      }
      await this.#arrived.promise;
    }
  }

  /** Frames of this kind that have come and that nobody has taken. */
  seen(kind: SandboxFrame["t"]): SandboxFrame[] {
    return this.#received.map(({ frame }) => frame).filter((frame) => frame.t === kind);
  }

  /** Opens an isolate and answers its number once it says how that went. */
  async open(code: string, options: Partial<OpenFrame> = {}): Promise<number> {
    const isolate = ++this.#lastNumber;
    const defaults = { t: "open", name: "test", config: {}, heapMiB: SANDBOX.heapMiB, wasm: false } as const;
    this.send({ ...defaults, ...options, isolate }, new TextEncoder().encode(code));
    const { frame } = await this.next("opened", (opened) => opened.isolate === isolate);
    if (!frame.ok) throw new Error(`${frame.error?.name}: ${frame.error?.message}`, { cause: frame.error });
    return isolate;
  }

  /** Starts a call and answers its number. */
  start(isolate: number, options: Partial<CallFrame> = {}): number {
    const call = ++this.#lastNumber;
    this.#isolates.set(call, isolate);
    const defaults = { entry: "tool", name: "run", args: {}, cpuSliceMs: 1_000 } as const;
    this.send({ t: "call", ...defaults, ...options, isolate, call });
    return call;
  }

  /** Rejects if the call's isolate crashes. */
  async result(call: number): Promise<ResultFrame | ThrowFrame> {
    return (await this.next("result", (frame) => frame.call === call, this.#isolates.get(call))).frame;
  }

  call(isolate: number, options: Partial<CallFrame> = {}): Promise<ResultFrame | ThrowFrame> {
    return this.result(this.start(isolate, options));
  }

  /** The text of a tool's result. Throws what the tool threw. */
  async text(isolate: number, options: Partial<CallFrame> = {}): Promise<string> {
    const result = await this.call(isolate, options);
    if (!result.ok) throw new Error(`${result.error.name}: ${result.error.message}`, { cause: result.error });
    const { content } = result.value as { content: { text: string }[] };
    return content.map((part) => part.text).join("");
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.stdin?.end();
    await once(this.process, "exit");
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

export interface StartOptions {
  /** Arguments of Node's before the program; `--permission` with its least rights if not given. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Another snapshot than the edge runtime's. */
  readonly snapshot?: string;
}

/** Starts the program and waits until it is ready. */
export async function startSandbox(options: StartOptions = {}): Promise<TestSandbox> {
  const { dir, snapshot: edge } = await buildPrograms();
  const snapshot = options.snapshot ?? edge;
  const program = join(dir, "sandbox-child.mjs");
  const permissions = [
    "--permission",
    "--allow-addons",
    ...[program, addon, snapshot].map((path) => `--allow-fs-read=${path}`),
  ];
  const args = [...(options.nodeArgs ?? permissions), program, addon, snapshot];
  const sandbox = new TestSandbox(spawn(node, args, { env: options.env ?? {}, stdio: "pipe" }));
  await sandbox.next("ready");
  return sandbox;
}
