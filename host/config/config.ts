/**
 * The configuration as the rest of the host gets it: every default filled in, every path absolute, every
 * secret looked up. Compose hands each room the piece that it needs and no more.
 */
import type { AgentSettings } from "#host/base/agent-settings.ts";
import type { Budgets, Price } from "#host/base/budget.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { QueueSettings } from "#host/base/queue-settings.ts";
import type { LogLevel } from "#host/base/log.ts";

export interface GatewayConfig {
  readonly port: number;
  readonly token: string;
  /** Origins besides the gateway's own. */
  readonly allowedOrigins: readonly string[];
}

export interface AgentConfig {
  readonly id: string;
  readonly name: string | null;
  /** `provider/model`; null when the host is to look for one. */
  readonly model: string | null;
  /** Tried in this order when the model fails. */
  readonly fallbacks: readonly string[];
  readonly workspace: string;
  readonly settings: AgentSettings;
}

export interface ProviderConfig {
  readonly id: string;
  /** Wire format: `ollama`, `openai-completions`, `openai-responses` or `anthropic-messages`. */
  readonly api: string;
  /** Null for the provider's own address. Without a slash at its end. */
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
  /** Of every model that says nothing else. */
  readonly defaults: ModelParams;
  /** What the owner said of single models, by the provider's own name of each. */
  readonly models: Readonly<Record<string, ModelConfig>>;
}

export interface ModelParams {
  /** Tokens of prompt and answer; null to choose by the model's card and the machine. */
  readonly contextTokens: number | null;
  /** How long Ollama keeps it loaded after a call; null for the server's own way. */
  readonly keepAlive: string | number | null;
}

export interface ModelConfig extends ModelParams {
  /** Null where the owner names no price. */
  readonly cost: Price | null;
}

export interface PluginsConfig {
  readonly enabled: boolean;
  /** Null when every plugin may be used. */
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
  /** More folders to look for plugins in. */
  readonly paths: readonly string[];
  readonly entries: Readonly<Record<string, { readonly enabled: boolean; readonly config: JsonObject }>>;
}

export interface SkillEntryConfig {
  readonly enabled: boolean;
  readonly apiKey: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly config: JsonObject;
}

export interface Config {
  readonly gateway: GatewayConfig;
  /** The first one answers where nothing names another. There is always one. */
  readonly agents: readonly [AgentConfig, ...AgentConfig[]];
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly plugins: PluginsConfig;
  readonly skills: {
    readonly extraDirs: readonly string[];
    readonly entries: Readonly<Record<string, SkillEntryConfig>>;
  };
  /** Names of tools; `allow` is null when all may be used. */
  readonly tools: { readonly allow: readonly string[] | null; readonly deny: readonly string[] };
  /** As written: each channel's plugin checks its own. */
  readonly channels: Readonly<Record<string, JsonObject>>;
  /** `messages.queue`: what the owner said of it. */
  readonly queue: Partial<QueueSettings>;
  readonly logging: { readonly level: LogLevel; readonly format: "text" | "json" | null };
  /** What models may cost. */
  readonly budgets: Budgets;
  readonly network: {
    /** Squid, as `http://host:port`; null when there is none. */
    readonly proxy: string | null;
    /** Absolute path of the operator's list. */
    readonly allowlist: string | null;
  };
  /** Keys that are kept for upstream and not used here. */
  readonly unused: readonly string[];
}

/** What the owner said of a model; Ollama's `llama3.2:latest` may be written without its tag. Null for nothing. */
export function modelConfigOf({ models }: ProviderConfig, id: string): ModelConfig | null {
  const names = [id, id.replace(/:latest$/, "")];
  const found = names.find((name) => Object.hasOwn(models, name));
  return found === undefined ? null : (models[found] ?? null);
}

/** Whether the owner lets a plugin be used at all. What it may do is another question. */
export function pluginIsEnabled(plugins: PluginsConfig, id: string): boolean {
  if (!plugins.enabled || plugins.deny.includes(id)) return false;
  if (plugins.allow !== null && !plugins.allow.includes(id)) return false;
  return plugins.entries[id]?.enabled ?? true;
}
