/**
 * From what the owner wrote to what the host uses. Precedence: environment, file, default.
 *
 * Throws a HostError `config.invalid` for what only shows here: a secret whose variable is not set, a
 * provider without an address.
 */
import { isAbsolute, join, resolve } from "node:path";
import type { Bound } from "#host/base/budget.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import type { LogLevel } from "#host/base/log.ts";
import { agentSettingsOf, queueOf } from "./agent-settings.ts";
import type { AgentConfig, Config, PluginsConfig } from "./config.ts";
import { type Environment, type Overrides, secretOf } from "./environment.ts";
import type { ParsedConfig } from "./parse.ts";
import { providersOf } from "./providers.ts";
import type { ConfigFile } from "./schema.ts";
import type { StatePaths } from "./state.ts";

export const DEFAULT_PORT = 18_789;

export interface ResolveFacts {
  readonly paths: StatePaths;
  /** What `~` means. */
  readonly homeDir: string;
  readonly environment: Environment;
  readonly overrides: Overrides;
  /** Used where neither the environment nor the file has one. */
  readonly madeToken: () => string;
}

export function resolveConfig({ file, unused }: ParsedConfig, facts: ResolveFacts): Config {
  const path = (text: string) => absolute(text, facts);
  const providers = providersOf(file, facts.environment, facts.overrides.ollamaBaseUrl);
  return {
    gateway: {
      port: facts.overrides.port ?? file.gateway?.port ?? DEFAULT_PORT,
      token: tokenOf(file, facts),
      allowedOrigins: (file.gateway?.controlUi?.allowedOrigins ?? []).map((origin) => new URL(origin).origin),
    },
    agents: agentsOf(file, path, facts.paths.workspace),
    providers: providers.used,
    plugins: pluginsOf(file, path),
    skills: {
      extraDirs: (file.skills?.load?.extraDirs ?? []).map(path),
      entries: skillEntriesOf(file, facts.environment),
    },
    tools: { allow: file.tools?.allow ?? null, deny: file.tools?.deny ?? [] },
    channels: mapValues(file.channels ?? {}, asJsonObject),
    queue: queueOf(file.messages?.queue ?? {}),
    logging: { level: levelOf(file.logging?.level), format: file.logging?.format ?? null },
    budgets: { day: boundOf(file.budgets?.day), session: boundOf(file.budgets?.session) },
    network: {
      proxy: file.network?.proxy ?? null,
      allowlist: file.network?.allowlist === undefined ? null : path(file.network.allowlist),
    },
    unused: [...unused, ...providers.unused].sort(),
  };
}

function boundOf(written: { tokens?: number | undefined; usd?: number | undefined } = {}): Bound {
  return { tokens: written.tokens ?? null, usd: written.usd ?? null };
}

function tokenOf(file: ConfigFile, facts: ResolveFacts): string {
  if (facts.overrides.token !== null) return facts.overrides.token;
  const written = file.gateway?.auth?.token;
  return written === undefined
    ? facts.madeToken()
    : secretOf(written, facts.environment, "gateway.auth.token");
}

type AgentFile = NonNullable<NonNullable<ConfigFile["agents"]>["entries"]>[string];

/** The agents of both spellings, `main` first and always there. */
function agentsOf(
  file: ConfigFile,
  path: (text: string) => string,
  workspace: string,
): [AgentConfig, ...AgentConfig[]] {
  const defaults = file.agents?.defaults ?? {};
  const listed = (file.agents?.list ?? []).map(({ id, ...agent }) => [id, agent] as const);
  const written = new Map<string, AgentFile>([...Object.entries(file.agents?.entries ?? {}), ...listed]);
  const agentOf = (id: string, agent: AgentFile): AgentConfig => ({
    id,
    name: agent.name ?? null,
    ...modelOf(agent.model ?? defaults.model),
    workspace: path(agent.workspace ?? defaults.workspace ?? workspace),
    settings: agentSettingsOf(agent, defaults),
  });
  const main = agentOf("main", written.get("main") ?? {});
  written.delete("main");
  return [main, ...[...written].map(([id, agent]) => agentOf(id, agent))];
}

function modelOf(model: AgentFile["model"]): Pick<AgentConfig, "model" | "fallbacks"> {
  if (typeof model === "string") return { model, fallbacks: [] };
  return { model: model?.primary ?? null, fallbacks: model?.fallbacks ?? [] };
}

function pluginsOf(file: ConfigFile, path: (text: string) => string): PluginsConfig {
  const { enabled = true, allow = null, deny = [], load, entries = {} } = file.plugins ?? {};
  return {
    enabled,
    allow,
    deny,
    paths: (load?.paths ?? []).map(path),
    entries: mapValues(entries, (entry) => ({
      enabled: entry.enabled ?? true,
      config: asJsonObject(entry.config),
    })),
  };
}

function skillEntriesOf(file: ConfigFile, environment: Environment): Config["skills"]["entries"] {
  return mapValues(file.skills?.entries ?? {}, (entry, name) => ({
    enabled: entry.enabled ?? true,
    apiKey:
      entry.apiKey === undefined
        ? null
        : secretOf(entry.apiKey, environment, `skills.entries.${name}.apiKey`),
    env: entry.env ?? {},
    config: asJsonObject(entry.config),
  }));
}

/** Upstream has three levels more. */
function levelOf(level: string = "info"): LogLevel {
  if (level === "trace" || level === "debug") return "debug";
  if (level === "info" || level === "warn") return level;
  return "error";
}

/** `~` is the home folder; what is relative stands in the state folder. */
function absolute(path: string, { homeDir, paths }: ResolveFacts): string {
  const expanded = path === "~" || path.startsWith("~/") ? join(homeDir, path.slice(1)) : path;
  return isAbsolute(expanded) ? resolve(expanded) : join(paths.root, expanded);
}

/** JSON5 also knows Infinity and NaN, which JSON turns into null. */
function asJsonObject(value: unknown): JsonObject {
  const json: unknown = JSON.parse(JSON.stringify(value ?? {}));
  return isJsonObject(json) ? json : {};
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
