/**
 * The rest of the host, as small as it can be: what the gateway's tests and measurements talk to.
 *
 * Keeps everything in memory. A turn is written by the test: `answer` gets a run and tells its events.
 */
import type { Approval, ApprovalChange } from "#host/base/approval.ts";
import { systemClock } from "#host/base/clock.ts";
import { createLog, type Log } from "#host/base/log.ts";
import type { AssistantMessage, ToolCallPart } from "#host/base/message.ts";
import type { AgentEvent, RunEvent, RunIdentity } from "#host/base/run.ts";
import type { GatewayPorts, GatewaySettings, SlashCommand } from "./ports.ts";
import type { ChatSend } from "#host/base/chat.ts";
import type { PairedDevice } from "#host/base/device.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import type { SkillSummary } from "#host/base/skill.ts";
import { NO_SETTINGS, type SessionSummary } from "#host/base/session.ts";
import type { DayUsage } from "#host/base/usage.ts";
import type { TranscriptMessage } from "#host/base/transcript.ts";
import type { PageAssets } from "./assets.ts";

export const TOKEN = "a-token-for-tests";

export type TellEvent = (event: AgentEvent) => void;

/** Plays one turn: tells its events until `agent_end`. */
export type Turn = (send: ChatSend, tell: TellEvent, signal: AbortSignal) => void | Promise<void>;

export const MODEL = { provider: "ollama", model: "fake:latest" };

export function assistant(text: string, patch: Partial<AssistantMessage> = {}): AssistantMessage {
  return {
    role: "assistant",
    content: text === "" ? [] : [{ type: "text", text }],
    stopReason: "stop",
    api: "ollama",
    ...MODEL,
    usage: { input: 10, output: 16, totalTokens: 26 },
    timestamp: Date.now(),
    ...patch,
  };
}

/** Sixteen pieces of text in one go, as a model without think time gives them. */
export function tokens(count: number): Turn {
  return (send, tell) => {
    tell({ type: "agent_start", ...MODEL });
    say(
      tell,
      Array.from({ length: count }, (_, index) => (index === 0 ? "tok0" : ` tok${index}`)),
    );
    const message = assistant(Array.from({ length: count }, (_, index) => `tok${index}`).join(" "));
    tell({ type: "message_end", message });
    tell({ type: "agent_end", stopReason: "stop", message, error: null });
  };
}

export function say(tell: TellEvent, pieces: readonly string[]): void {
  tell({ type: "message_start", message: assistant("") });
  let text = "";
  for (const delta of pieces) {
    text += delta;
    tell({ type: "message_update", kind: "text", delta, text });
  }
}

export function useTool(tell: TellEvent, call: ToolCallPart, output: string, isError = false): void {
  tell({ type: "tool_execution_start", call });
  tell({ type: "tool_execution_update", call, text: "half way" });
  tell({
    type: "tool_execution_end",
    call,
    result: {
      role: "toolResult",
      toolCallId: call.id,
      toolName: call.name,
      content: [{ type: "text", text: output }],
      isError,
      timestamp: Date.now(),
    },
    details: null,
    durationMs: 1,
  });
}

export interface HostCounterpart {
  readonly ports: GatewayPorts;
  readonly usage: DayUsage[];
  readonly devices: Map<string, PairedDevice>;
  readonly cookies: Map<string, number>;
  readonly sessions: Map<string, SessionSummary>;
  readonly sent: ChatSend[];
  readonly approvals: Approval[];
  readonly plugins: PluginSummary[];
  readonly skills: SkillSummary[];
  readonly commands: SlashCommand[];
  turn: Turn;
  /** What plugins' routes answer. */
  route: GatewayPorts["routes"]["answer"];
  notReady: string | null;
  tell(event: RunEvent): void;
  tellApproval(change: ApprovalChange): void;
  pluginsChanged(): void;
}

export function createHost(turn: Turn = tokens(16)): HostCounterpart {
  const listeners = new Set<(event: RunEvent) => void>();
  const approvalListeners = new Set<(change: ApprovalChange) => void>();
  const pluginListeners = new Set<() => void>();
  const running = new Map<string, { run: RunIdentity; abort: AbortController; ended: Promise<void> }>();
  const messages = new Map<string, TranscriptMessage[]>();

  function subscribe<Listener>(set: Set<Listener>, listener: Listener): () => void {
    set.add(listener);
    return () => set.delete(listener);
  }

  function start(send: ChatSend): void {
    const run = {
      runId: send.runId,
      sessionKey: send.sessionKey,
      sessionId: `id-${send.sessionKey}`,
      agentId: "main",
    };
    const abort = new AbortController();
    const ended = Promise.withResolvers<void>();
    running.set(send.runId, { run, abort, ended: ended.promise });
    let seq = 0;
    const tell: TellEvent = (event) => {
      if (event.type === "agent_end") running.delete(send.runId);
      host.tell({ run, seq: ++seq, ts: Date.now(), event });
      if (event.type === "message_end") keep(send, event.message);
      if (event.type === "agent_end") ended.resolve();
    };
    setImmediate(() => void host.turn(send, tell, abort.signal));
  }

  function keep(send: ChatSend, message: TranscriptMessage["message"]): void {
    const stored = messages.get(send.sessionKey) ?? [];
    messages.set(send.sessionKey, stored);
    stored.push({ id: `m${stored.length + 1}`, seq: stored.length + 1, runId: send.runId, message });
  }

  const change = (id: string, state: PluginSummary["state"]): Promise<PluginSummary> => {
    const at = host.plugins.findIndex((plugin) => plugin.id === id);
    const plugin = host.plugins[at];
    if (plugin === undefined) return Promise.reject(new Error(`no plugin ${id}`));
    host.plugins[at] = { ...plugin, state };
    return Promise.resolve({ ...plugin, state });
  };

  const host: HostCounterpart = {
    usage: [],
    devices: new Map(),
    cookies: new Map(),
    sessions: new Map(),
    sent: [],
    approvals: [],
    plugins: [],
    skills: [],
    commands: [],
    turn,
    route: ({ method }) =>
      Promise.resolve({ ok: false, refusal: { status: 404, reason: `no plugin takes ${method}` } }),
    notReady: null,
    tell: (event) => listeners.forEach((listener) => listener(event)),
    tellApproval: (change) => approvalListeners.forEach((listener) => listener(change)),
    pluginsChanged: () => pluginListeners.forEach((listener) => listener()),
    ports: {
      chat: {
        send(send) {
          if (running.has(send.runId)) return Promise.resolve({ runId: send.runId, status: "in_flight" });
          host.sent.push(send);
          keep(send, { role: "user", content: send.message, timestamp: Date.now() });
          start(send);
          return Promise.resolve({ runId: send.runId, status: "started" });
        },
        async abort(sessionKey, runId) {
          const hit = [...running.values()].filter(
            ({ run }) => run.sessionKey === sessionKey && (runId === null || run.runId === runId),
          );
          for (const { abort } of hit) abort.abort();
          await Promise.all(hit.map(({ ended }) => ended));
          return hit.map(({ run }) => run.runId);
        },
        async compact(_sessionKey, instructions) {
          return { covers: instructions === "" ? 0 : 3 };
        },
        history(sessionKey, limit, beforeSeq) {
          const all = (messages.get(sessionKey) ?? []).filter(
            ({ seq }) => beforeSeq === null || seq < beforeSeq,
          );
          const page = all.slice(-limit);
          const sessionId = all.length === 0 ? null : `id-${sessionKey}`;
          return Promise.resolve({
            sessionKey,
            sessionId,
            messages: page,
            hasMore: page.length < all.length,
          });
        },
        running: () => [...running.values()].map(({ run }) => run),
        subscribe: (listener) => subscribe(listeners, listener),
      },
      sessions: {
        list(limit, offset) {
          const sessions = [...host.sessions.values()].slice(offset, offset + limit);
          return Promise.resolve({ sessions, total: host.sessions.size });
        },
        delete: (key) => Promise.resolve(host.sessions.delete(key)),
        rename(key, title) {
          const session = host.sessions.get(key);
          if (session !== undefined) host.sessions.set(key, { ...session, title });
          return Promise.resolve(session !== undefined);
        },
        has: (key) => Promise.resolve(host.sessions.has(key)),
        settingsOf: (key) => host.sessions.get(key) ?? NO_SETTINGS,
        choose(key, change) {
          const session = host.sessions.get(key);
          if (session !== undefined) host.sessions.set(key, { ...session, ...change });
        },
      },
      models: {
        list: () =>
          Promise.resolve([
            {
              id: MODEL.model,
              name: MODEL.model,
              provider: MODEL.provider,
              contextWindow: 131_072,
              supportsTools: true,
              supportsImages: false,
              reasoning: false,
              thinkingLevels: [],
            },
          ]),
        loaded: () => Promise.resolve([]),
        keys: () => Promise.resolve([]),
        find: (text) => Promise.resolve(text.startsWith("ollama/") ? text : null),
        status: () => ({ ...MODEL, how: "found", why: "found by the test", reachable: true, problem: null }),
      },
      plugins: {
        list: () => host.plugins,
        tools: () =>
          Promise.resolve(
            host.plugins.flatMap(({ id, tools, origin }) =>
              tools.map((name) => ({ name, description: `${name} of ${id}`, pluginId: id, origin })),
            ),
          ),
        grant: (id) => change(id, "ready"),
        deny: (id) => change(id, "denied"),
        revoke: (id) => change(id, "waiting"),
        async remove(id) {
          await change(id, "disabled");
          host.plugins.splice(
            host.plugins.findIndex((plugin) => plugin.id === id),
            1,
          );
        },
        install: () => Promise.reject(new Error("nothing can be installed here")),
        onChange: (listener) => subscribe(pluginListeners, listener),
      },
      skills: {
        workspaceDir: "/home/user/.openclaw/workspace",
        managedDir: "/home/user/.openclaw/skills",
        list: () => host.skills.map((skill) => ({ ...skill, source: "openclaw-workspace" })),
        commands: () => host.commands,
      },
      approvals: {
        list: () => host.approvals,
        resolve(id) {
          const at = host.approvals.findIndex((approval) => approval.id === id);
          if (at >= 0) host.approvals.splice(at, 1);
          return Promise.resolve(at >= 0);
        },
        subscribe: (listener) => subscribe(approvalListeners, listener),
      },
      devices: {
        find: (id) => Promise.resolve(host.devices.get(id) ?? null),
        save: (device) => Promise.resolve(void host.devices.set(device.deviceId, device)),
        list: () => Promise.resolve([...host.devices.values()]),
        saveCookie: (hash, expiresAt) => Promise.resolve(void host.cookies.set(hash, expiresAt)),
        cookieIsValid: (hash, now) => Promise.resolve((host.cookies.get(hash) ?? 0) > now),
      },
      audit: {
        list: () => Promise.resolve([]),
        verify: () =>
          Promise.resolve({ intact: true, records: 0, files: 0, head: { seq: 0, hash: "0".repeat(64) } }),
      },
      usage: { since: () => Promise.resolve(host.usage) },
      routes: { answer: (request) => host.route(request) },
      secrets: {
        list: () => Promise.resolve([]),
        set: () => Promise.resolve({ use: null }),
        remove: () => Promise.resolve(false),
        export: () => Promise.resolve(""),
        import: () => Promise.resolve(0),
      },
      health: {
        notReady: () => host.notReady,
        walls: () => [{ id: "isolate", state: "stands", detail: "tried by the test" }],
        facts: () => ({ runtime: "test" }),
      },
    },
  };
  return host;
}

export function aSession(key: string, patch: Partial<SessionSummary> = {}): SessionSummary {
  return {
    key,
    sessionId: `id-${key}`,
    agentId: "main",
    title: null,
    lastMessagePreview: null,
    messageCount: 0,
    createdAt: 1,
    updatedAt: 2,
    inputTokens: 0,
    outputTokens: 0,
    ...NO_SETTINGS,
    ...patch,
  };
}

export function aPlugin(id: string, patch: Partial<PluginSummary> = {}): PluginSummary {
  return {
    id,
    name: id,
    version: "1.0.0",
    description: "",
    kind: "tool",
    origin: "dropped",
    state: "ready",
    problem: null,
    tools: [],
    asks: [],
    request: null,
    holds: [],
    ...patch,
  };
}

export const SETTINGS: GatewaySettings = {
  port: 18_789,
  token: TOKEN,
  allowedOrigins: [],
  version: "0.0.0-test",
  stateDir: "/home/user/.openclaw",
  configPath: "/home/user/.openclaw/openclaw.json",
};

export const PAGE: PageAssets = {
  html: "<!doctype html><title>page</title>",
  asset: (name) =>
    name === "app-ABCDEFGH.js"
      ? {
          body: new TextEncoder().encode("1"),
          contentType: "text/javascript; charset=utf-8",
          immutable: true,
        }
      : null,
};

export const clock = systemClock;

export function quietLog(lines: string[] = []): Log {
  return createLog({ clock, level: "debug", format: "text", write: (line) => void lines.push(line) });
}

/** One that lacks a program. */
export function aSkill(name: string): SkillSummary {
  const none = { bins: [], anyBins: [], env: [], config: [], os: [] };
  return {
    name,
    description: `Make ${name}`,
    pluginId: null,
    folder: `/home/user/.openclaw/skills/${name}`,
    isBuiltIn: false,
    modelMayUse: true,
    userMayCall: true,
    commandTool: null,
    skillKey: name,
    emoji: "T",
    homepage: "https://tea.example",
    primaryEnv: null,
    install: [],
    needs: { ...none, bins: ["kettle"] },
    missing: { ...none, bins: ["kettle"] },
    always: false,
    isDisabled: false,
    isEligible: false,
    reasons: ['The program "kettle" is not on this machine'],
    requests: [{ kind: "command", name: "kettle", heldBy: [] }],
  };
}
