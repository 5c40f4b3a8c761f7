/** A broker with real folders, a real clock and memory in place of the store, for tests. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval } from "#host/base/approval.ts";
import type { AuditRecord } from "#host/base/audit.ts";
import { systemClock } from "#host/base/clock.ts";
import type { EffectContext, EffectIdentity, EffectReply, EffectRequest } from "#host/base/effect.ts";
import type { JsonObject } from "#host/base/json.ts";
import { createLog } from "#host/base/log.ts";
import { NO_RIGHTS, type Rights } from "#manifests/rights.ts";
import type { AskEnd } from "./asks.ts";
import { createBroker, type Broker, type BrokerDeps } from "./broker.ts";
import type { TokenLedger } from "./model-calls.ts";
import type { PluginStorage } from "./perform-storage.ts";

export interface World extends AsyncDisposable {
  readonly broker: Broker;
  readonly folder: string;
  readonly workspace: string;
  readonly state: string;
  /** What the stores hold. */
  readonly asked: Approval[];
  readonly ended: Map<string, AskEnd>;
  readonly always: Set<string>;
  readonly records: AuditRecord[];
  readonly logged: string[];
  /** While true, the audit's sink fails. */
  sinkFails: boolean;
  perform(request: EffectRequest, options?: PerformOptions): Promise<EffectReply>;
}

export interface PerformOptions {
  readonly body?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  readonly identity?: Partial<EffectIdentity>;
  readonly onPause?: (state: "paused" | "resumed") => void;
}

export interface WorldOptions extends Partial<Omit<BrokerDeps, "rightsOf">> {
  readonly rights?: Partial<Rights>;
  readonly config?: JsonObject;
  /** The secrets that the owner set. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where the plugin is; null (if not given) for one that is not there. */
  readonly pluginFolder?: string | null;
}

export const IDENTITY: EffectIdentity = {
  plugin: "fetcher",
  session: "agent:main:main",
  run: "run-1",
  call: "call-1",
};

export function createWorld({
  rights,
  config = {},
  secrets = {},
  pluginFolder = null,
  ...deps
}: WorldOptions = {}): World {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "broker-")));
  const roots = { state: join(folder, "state"), workspace: join(folder, "state/workspace"), home: folder };
  mkdirSync(roots.workspace, { recursive: true });
  const kept = { asked: [] as Approval[], ended: new Map<string, AskEnd>(), always: new Set<string>() };
  const records: AuditRecord[] = [];
  const logged: string[] = [];
  const broker = createBroker({
    rightsOf: () => ({ rights: { ...NO_RIGHTS, ...rights }, folder: pluginFolder, config }),
    roots: () => roots,
    proxy: null,
    allowlist: () => null,
    askStore: {
      insert: async (approval) => void kept.asked.push(approval),
      resolve: async (id, end) => void kept.ended.set(id, end),
      expireAll: async () => undefined,
    },
    alwaysStore: {
      always: (plugin) =>
        new Set([...kept.always].filter((key) => key.startsWith(`${plugin} `)).map(subjectOf)),
      rememberAlways: async (plugin, subject) => void kept.always.add(`${plugin} ${subject}`),
    },
    auditSink: {
      last: async () => records.at(-1) ?? null,
      append: async (more) => {
        if (world.sinkFails) throw new Error("the disk is full");
        records.push(...more);
      },
    },
    storage: NO_STORAGE,
    models: { modelFor: () => Promise.reject(new Error("this test expects no model call")) },
    ledger: NO_LEDGER,
    vault: { values: async () => new Map(Object.entries(secrets)) },
    clock: systemClock,
    log: createLog({
      clock: systemClock,
      level: "debug",
      format: "json",
      write: (line) => logged.push(line),
    }),
    ...deps,
  });
  const world: World = {
    ...kept,
    ...roots,
    broker,
    folder,
    records,
    logged,
    sinkFails: false,
    perform: (request, options = {}) =>
      broker.perform({ ...IDENTITY, ...options.identity }, request, contextOf(options)),
    async [Symbol.asyncDispose]() {
      await broker.close().catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

export function get(url: string, more: Partial<Extract<EffectRequest, { kind: "http.request" }>> = {}) {
  const request = {
    kind: "http.request",
    method: "GET",
    url,
    headers: [],
    redirect: "follow",
    hasBody: false,
  };
  return { ...request, ...more } as Extract<EffectRequest, { kind: "http.request" }>;
}

export async function* bytes(
  ...chunks: (string | Uint8Array)[]
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
}

/** The head of a reply that must have worked, and its body as text. */
export async function expectOk(reply: EffectReply): Promise<{ head: JsonObject; text: string }> {
  if (!reply.ok) throw new Error(`${reply.failure.code}: ${reply.failure.message}`);
  return { head: reply.head, text: await textOf(reply.body) };
}

export async function textOf(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The failure of a reply that must not have worked. */
export function expectFailure(reply: EffectReply) {
  if (reply.ok) throw new Error(`it worked: ${JSON.stringify(reply.head)}`);
  return reply.failure;
}

/** Resolves with the next question that is put to the owner. */
export function nextAsk(broker: Broker): Promise<Approval> {
  return new Promise((resolve) => {
    const stop = broker.asks.subscribe((change) => {
      if (change.type !== "requested") return;
      stop();
      resolve(change.approval);
    });
  });
}

/** A test of storage brings the real one. */
const NO_STORAGE: PluginStorage = {
  get: () => null,
  set: () => ({ fits: false, usedBytes: 0 }),
  delete: () => false,
  keys: () => [],
};

/** A test of model calls brings the real one. */
const NO_LEDGER: TokenLedger = {
  spentToday: () => 0,
  ownersRefusal: () => null,
  reserve: () => null,
  settle: () => undefined,
  release: () => undefined,
};

function contextOf({ body = bytes(), signal, onPause }: PerformOptions): EffectContext {
  return {
    body,
    signal: signal ?? new AbortController().signal,
    pauseDeadline: () => {
      onPause?.("paused");
      return () => onPause?.("resumed");
    },
  };
}

function subjectOf(key: string): string {
  return key.slice(key.indexOf(" ") + 1);
}
