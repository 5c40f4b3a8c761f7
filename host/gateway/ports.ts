/**
 * What the gateway needs of the rest of the host, as small interfaces. Compose connects them.
 *
 * Every port answers with data that is fit for a client: no host paths beyond the state folder, no secrets.
 * What a port throws is a HostError; the gateway turns it into an error frame.
 */
import type { Approval, ApprovalChange, ApprovalDecision } from "#host/base/approval.ts";
import type { AuditQuery, AuditRecord, AuditVerdict } from "#host/base/audit.ts";
import type { PairedDevice } from "#host/base/device.ts";
import type { InboundOutcome, InboundRequest } from "#host/base/inbound.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { RunEvent } from "#host/base/run.ts";
import type { SkillSummary } from "#host/base/skill.ts";
import type { ThinkingLevel } from "#host/base/thinking.ts";
import type { SessionChoices, SessionSummary } from "#host/base/session.ts";
import type { DayUsage } from "#host/base/usage.ts";
import type { Wall } from "#host/base/wall.ts";
import type { ChatSend, ChatSendResult } from "#host/base/chat.ts";
import type { TranscriptPage } from "#host/base/transcript.ts";
import type { InstallRequest, PluginSummary, ToolSummary } from "#host/base/plugin.ts";

export interface ChatPort {
  send(send: ChatSend): Promise<ChatSendResult>;
  /** Aborts the named run, or all runs of the session. Resolves once each has ended. */
  abort(sessionKey: string, runId: string | null): Promise<readonly string[]>;
  /** Summarises what was said so far, for the model; the history stays. 0 messages: there was nothing to summarise. */
  compact(sessionKey: string, instructions: string): Promise<{ readonly covers: number }>;
  /** The newest `limit` messages before position `beforeSeq`. */
  history(sessionKey: string, limit: number, beforeSeq: number | null): Promise<TranscriptPage>;
  /** Runs that are being answered now. */
  running(): readonly { readonly sessionKey: string; readonly runId: string }[];
  subscribe(listener: (event: RunEvent) => void): () => void;
}

export interface SessionsPort extends SessionChoices {
  /** Most recently used first. */
  list(
    limit: number,
    offset: number,
  ): Promise<{ readonly sessions: readonly SessionSummary[]; readonly total: number }>;
  /** Deletes a session with its messages; false if there was none. */
  delete(sessionKey: string): Promise<boolean>;
  /** Renames; null takes the title away. */
  rename(sessionKey: string, title: string | null): Promise<boolean>;
  has(sessionKey: string): Promise<boolean>;
}

export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly contextWindow: number | null;
  readonly supportsTools: boolean;
  readonly supportsImages: boolean;
  readonly reasoning: boolean;
  readonly thinkingLevels: readonly ThinkingLevel[];
}

/** A model in a server's memory: bytes, those of them on a graphics card, tokens of context, when it goes. */
export interface LoadedModelSummary {
  readonly provider: string;
  readonly id: string;
  readonly bytes: number;
  readonly gpuBytes: number;
  readonly contextTokens: number | null;
  /** Milliseconds since 1970. */
  readonly until: number | null;
}

/** An API key of a provider, by its profile's name. */
export interface KeySummary {
  readonly provider: string;
  readonly profile: string;
  readonly state: "ready" | "resting";
  /** Why it rests; null if it does not. */
  readonly reason: string | null;
  /** Milliseconds since 1970. */
  readonly until: number | null;
}

/** Which model answers, and why that one. */
export interface ModelStatus {
  readonly provider: string;
  readonly model: string;
  readonly how: "configured" | "found" | "demo";
  readonly why: string;
  readonly reachable: boolean;
  /** What is wrong and how to mend it; null if nothing is. */
  readonly problem: string | null;
}

export interface ModelsPort {
  list(): Promise<readonly ModelSummary[]>;
  loaded(): Promise<readonly LoadedModelSummary[]>;
  /** Of all providers; never a key. */
  keys(): Promise<readonly KeySummary[]>;
  status(): ModelStatus;
  /** `provider/model` of what a person wrote; null where no model is meant by it. */
  find(text: string): Promise<string | null>;
}

export interface PluginsPort {
  list(): readonly PluginSummary[];
  tools(): Promise<readonly ToolSummary[]>;
  /** `request` is that of the summary which the owner was shown. Rejects with `request.stale` where it changed. */
  grant(pluginId: string, request: string): Promise<PluginSummary>;
  deny(pluginId: string): Promise<PluginSummary>;
  revoke(pluginId: string): Promise<PluginSummary>;
  remove(pluginId: string): Promise<void>;
  /** Copies, bundles, verifies and pins. Without `yes`, a plugin that asks for rights is left `waiting`. */
  install(request: InstallRequest): Promise<PluginSummary>;
  onChange(listener: () => void): () => void;
}

/** A command that people call up with a slash. */
export interface SlashCommand {
  /** Without the slash. */
  readonly name: string;
  readonly description: string;
  readonly acceptsArgs: boolean;
  /** The skill that it calls up; null for one of the host's own. */
  readonly skill: string | null;
}

export interface SkillsPort {
  /** All there are, by name; those that cannot be used say why. */
  list(): readonly (SkillSummary & {
    /** In upstream's words: `openclaw-workspace`, `openclaw-managed` … */
    readonly source: string;
  })[];
  /** Absolute. */
  readonly workspaceDir: string;
  readonly managedDir: string;
  commands(): readonly SlashCommand[];
}

export interface ApprovalsPort {
  list(): readonly Approval[];
  /** False if it is no longer open. */
  resolve(id: string, decision: ApprovalDecision): Promise<boolean>;
  subscribe(listener: (change: ApprovalChange) => void): () => void;
}

/** Where devices and page cookies are kept. Secrets arrive hashed. */
export interface DevicesPort {
  find(deviceId: string): Promise<PairedDevice | null>;
  save(device: PairedDevice): Promise<void>;
  list(): Promise<readonly PairedDevice[]>;
  saveCookie(hash: string, expiresAt: number): Promise<void>;
  cookieIsValid(hash: string, now: number): Promise<boolean>;
}

/** What plugins did and were refused. */
export interface AuditPort {
  list(query: AuditQuery): Promise<readonly AuditRecord[]>;
  verify(): Promise<AuditVerdict>;
}

/** What models cost. */
export interface UsagePort {
  /** By day since this one, `2026-11-27`; days without any are left out. */
  since(day: string): Promise<readonly DayUsage[]>;
}

export interface SecretSummary {
  readonly pluginId: string;
  readonly name: string;
  /** Null: the plugin holds no right to a secret of that name. */
  readonly use: "slot" | "hmac" | "capture" | "verify" | "held" | null;
  /** Milliseconds since 1970; null: the plugin may use it, and its owner has not set it. */
  readonly setAt: number | null;
}

/** Plugins' HTTP routes. */
export interface RoutesPort {
  /** Never rejects. An answer's body is to be read to its end or let go. */
  answer(request: InboundRequest): Promise<InboundOutcome>;
}

/** Secrets that plugins use. Values go in, and come out only encrypted under a passphrase. */
export interface SecretsPort {
  list(): Promise<readonly SecretSummary[]>;
  set(pluginId: string, name: string, value: string): Promise<Pick<SecretSummary, "use">>;
  /** False if it was not set. */
  remove(pluginId: string, name: string): Promise<boolean>;
  /** All of them as one text, encrypted under the passphrase. */
  export(passphrase: string): Promise<string>;
  /** Answers how many were set. */
  import(text: string, passphrase: string): Promise<number>;
}

/** What `/healthz`, `/readyz` and `health` tell. */
export interface HealthPort {
  /** Null when the host is ready; otherwise what it waits for. */
  notReady(): string | null;
  walls(): readonly Wall[];
  /** Runtime, versions, config state, plugins, sandbox: facts for people. */
  facts(): JsonObject;
}

export interface GatewayPorts {
  readonly chat: ChatPort;
  readonly sessions: SessionsPort;
  readonly models: ModelsPort;
  readonly plugins: PluginsPort;
  readonly skills: SkillsPort;
  readonly approvals: ApprovalsPort;
  readonly devices: DevicesPort;
  readonly audit: AuditPort;
  readonly usage: UsagePort;
  readonly routes: RoutesPort;
  readonly secrets: SecretsPort;
  readonly health: HealthPort;
}

/** The narrow piece of the configuration that the gateway gets. */
export interface GatewaySettings {
  readonly port: number;
  readonly token: string;
  /** Origins besides the gateway's own. */
  readonly allowedOrigins: readonly string[];
  readonly version: string;
  readonly stateDir: string;
  readonly configPath: string;
}
