/**
 * Real sandboxes for tests: the child as this checkout builds it, behind whatever wall the machine lets us build.
 *
 * Also a way to put a scripted child in its place, for what an honest one never does. For tests alone.
 */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemClock } from "#host/base/clock.ts";
import type { PerformEffect } from "#host/base/effect.ts";
import { createLog } from "#host/base/log.ts";
import type { Confinement, SandboxFiles } from "./confinement.ts";
import type { PluginCode, Sandboxes, ToolCallRequest } from "./contract.ts";
import { createLauncher, type Launcher } from "./launcher.ts";
import { DEFAULT_LIMITS, type SandboxLimits } from "./limits.ts";
import { createSandboxes } from "./sandboxes.ts";
import { ensureSnapshot } from "./snapshot.ts";

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));

export const nodeBinary = resolve(`node-${process.platform}-${process.arch}/bin/node`);

/** A folder that goes when the test process ends. Open to all, as some walls run the child as nobody. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  await chmod(folder, 0o755);
  if (folders.length === 0) process.on("exit", removeFolders);
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

async function addonBinary(): Promise<string> {
  const folder = join(dirname(resolve("isolated-vm")), "prebuilds", `${process.platform}-${process.arch}`);
  const names = await readdir(folder);
  const name = names.find((each) => each.includes("abi147") && !each.includes("musl"));
  return join(folder, name ?? "missing.node");
}

let built: Promise<SandboxFiles> | null = null;

/** The child, its addon and a snapshot, built once for each test process. */
export function realFiles(): Promise<SandboxFiles> {
  built ??= (async () => {
    const [folder, addon] = await Promise.all([tempFolder(), addonBinary()]);
    await run(nodeBinary, [join(root, "dev/build.mjs"), folder]);
    const sources = { node: nodeBinary, addon, builder: join(folder, "build-snapshot.mjs") };
    const snapshot = await ensureSnapshot({ ...sources, edge: join(folder, "edge.js"), cacheDir: folder });
    return { node: nodeBinary, addon, child: join(folder, "sandbox-child.mjs"), snapshot };
  })();
  return built;
}

/**
 * A child that runs `script` in place of the real program. In scope: `send(header, payload?)`, `raw(bytes)`,
 * and `on(kind, (header, payload) => …)` for the host's frames; `ready()` greets as an honest one does.
 */
export async function scriptedFiles(script: string): Promise<SandboxFiles> {
  const child = join(await tempFolder(), "child.mjs");
  await writeFile(child, `${SCRIPT_PRELUDE}\n${script}`);
  return { node: nodeBinary, addon: await addonBinary(), child, snapshot: child };
}

const SCRIPT_PRELUDE = `
const handlers = new Map();
const on = (kind, handler) => handlers.set(kind, handler);
const raw = (bytes) => process.stdout.write(bytes);
const send = (header, payload = Buffer.alloc(0)) => {
  const json = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(4 + json.length + payload.length, 0);
  lengths.writeUInt32LE(json.length, 4);
  raw(Buffer.concat([lengths, json, payload]));
};
const ready = () => send({ t: "ready", version: 1, node: process.version, v8: process.versions.v8 });
let held = Buffer.alloc(0);
process.stdin.on("data", (bytes) => {
  held = Buffer.concat([held, bytes]);
  while (held.length >= 8 && held.length >= 4 + held.readUInt32LE(0)) {
    const end = 4 + held.readUInt32LE(0);
    const payloadAt = 8 + held.readUInt32LE(4);
    const header = JSON.parse(held.subarray(8, payloadAt));
    handlers.get(header.t)?.(header, held.subarray(payloadAt, end));
    held = held.subarray(end);
  }
});
process.stdin.on("end", () => process.exit());
`;

export interface Rig {
  readonly sandboxes: Sandboxes;
  readonly launcher: Launcher;
  /** Lines of the host's log. */
  readonly log: string[];
  /** `plugin level text` of every console line. */
  readonly console: string[];
}

export interface RigOptions {
  readonly files?: Promise<SandboxFiles>;
  readonly perform?: PerformEffect;
  readonly limits?: Partial<SandboxLimits>;
  readonly confinements?: readonly Confinement[];
}

export function createRig(options: RigOptions = {}): Rig {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const files = () => options.files ?? realFiles();
  const { confinements } = options;
  const launcher = createLauncher({ files, limits, ...(confinements === undefined ? {} : { confinements }) });
  const log: string[] = [];
  const console: string[] = [];
  const sandboxes = createSandboxes({
    launcher,
    limits,
    clock: systemClock,
    log: createLog({ clock: systemClock, level: "debug", format: "json", write: (line) => log.push(line) }),
    perform: options.perform ?? (() => Promise.reject(new Error("this test expects no effect"))),
    onConsole: (plugin, level, text) => console.push(`${plugin} ${level} ${text}`),
  });
  return { sandboxes, launcher, log, console };
}

/** A plugin with one tool, `execute` being the source of its function; `before` stands at its top level. */
export function toolPlugin(
  id: string,
  execute: string,
  more: Partial<PluginCode> & { before?: string } = {},
): PluginCode {
  const { before = "", ...rest } = more;
  const definition = `{ name: "${id}", description: "A test's tool", parameters: {}, execute: ${execute} }`;
  const bundle = `var __plugin = (() => { ${before}; return { default: { kind: "tool", tools: [${definition}] } }; })();`;
  return {
    id,
    trustGroup: "tools",
    hash: Buffer.from(bundle).toString("base64"),
    load: () => Promise.resolve(new TextEncoder().encode(bundle)),
    config: {},
    heapMiB: 64,
    rssMiB: 512,
    cpuSliceMs: 2_000,
    deadlineMs: 10_000,
    wasm: false,
    ...rest,
  };
}

/** A call of the plugin's one tool, from the session `agent:main:main` unless it says otherwise. */
export function request(
  plugin: PluginCode,
  more: Partial<ToolCallRequest> & { session?: string } = {},
): ToolCallRequest {
  const { session = "agent:main:main", ...rest } = more;
  return {
    run: { runId: "run-1", sessionKey: session, sessionId: "id-1", agentId: "main" },
    callId: "call-1",
    tool: plugin.id,
    args: {},
    signal: new AbortController().signal,
    onUpdate: () => {},
    ...rest,
  };
}

/** The text that a tool answered. */
export async function callText(
  sandboxes: Sandboxes,
  plugin: PluginCode,
  more: Parameters<typeof request>[1] = {},
): Promise<string> {
  const result = await sandboxes.callTool(plugin, request(plugin, more));
  return result.content.map((part) => (part.type === "text" ? part.text : `[${part.mimeType}]`)).join("");
}
