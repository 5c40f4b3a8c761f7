/**
 * The model providers of a configuration, in the order in which they are looked for: Ollama, LM Studio, what
 * the owner named, then the cloud for whose keys are there.
 *
 * Keys are handed on as functions and read when a request is made, so that a new key works at once.
 */
import { totalmem } from "node:os";
import { modelConfigOf, type Config, type ProviderConfig } from "#host/config/config.ts";
import { createAnthropic } from "#host/llm/anthropic.ts";
import { createOllama, type OllamaOptions } from "#host/llm/ollama.ts";
import { createOpenAiCompatible } from "#host/llm/openai-compatible.ts";
import { createOpenAiResponses } from "#host/llm/openai-responses.ts";
import type { ProviderKeys } from "./auth-keys.ts";
import type { ModelProvider } from "#host/llm/provider.ts";

const LOCAL: readonly ProviderConfig[] = [local("ollama", "ollama"), local("lmstudio", "openai-completions")];
const ADDRESSES: Readonly<Record<string, string>> = {
  ollama: "http://127.0.0.1:11434",
  lmstudio: "http://127.0.0.1:1234/v1",
  openai: "https://api.openai.com/v1",
};
const CLOUD: Readonly<Record<string, string>> = {
  anthropic: "anthropic-messages",
  openai: "openai-completions",
};

/** `keyed`: cloud providers that there is a key for. */
export function createProviders(
  configured: Config["providers"],
  keyed: readonly string[],
  keys: Pick<ProviderKeys, "ringOf">,
): ModelProvider[] {
  const wanted = new Map<string, ProviderConfig>(LOCAL.map((provider) => [provider.id, provider]));
  for (const id of Object.keys(CLOUD)) if (keyed.includes(id)) wanted.set(id, local(id, CLOUD[id] ?? ""));
  for (const provider of Object.values(configured)) wanted.set(provider.id, provider);
  return [...wanted.values()].map((provider) => createProvider(provider, keys, keyed.includes(provider.id)));
}

function createProvider(
  provider: ProviderConfig,
  keys: Pick<ProviderKeys, "ringOf">,
  isKeyed: boolean,
): ModelProvider {
  const { id, api, apiKey } = provider;
  const address = provider.baseUrl ?? ADDRESSES[id];
  const ring = keys.ringOf(provider);
  if (api === "ollama") return createOllama(ollamaOf(provider));
  if (api === "anthropic-messages")
    return createAnthropic({ id, keys: ring, ...(address === undefined ? {} : { address }) });
  const needsKey = id === "openai" || apiKey !== null || isKeyed;
  const createOpenAi = api === "openai-responses" ? createOpenAiResponses : createOpenAiCompatible;
  return createOpenAi({
    id,
    name: id === "lmstudio" ? "LM Studio" : id,
    address: address ?? "",
    startFix: id === "lmstudio" ? "Start its server: lms server start" : `Start the server of "${id}"`,
    keys: needsKey ? ring : null,
  });
}

/** What Ollama's adapter is made of, for this provider. */
export function ollamaOf(provider: ProviderConfig): OllamaOptions {
  const address = provider.baseUrl ?? ADDRESSES[provider.id] ?? "";
  return {
    id: provider.id,
    address,
    memoryBytes: isLoopback(address) ? totalmem() : null,
    settings: (model) => modelConfigOf(provider, model) ?? provider.defaults,
  };
}

/** Ollama's own place where the configuration names none. */
export function ollamaProvider(configured: Config["providers"], id = "ollama"): ProviderConfig | null {
  const provider = configured[id] ?? (id === "ollama" ? local("ollama", "ollama") : null);
  return provider?.api === "ollama" ? provider : null;
}

function isLoopback(address: string): boolean {
  return URL.canParse(address) && /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(address).hostname);
}

function local(id: string, api: string): ProviderConfig {
  const defaults = { contextTokens: null, keepAlive: null };
  return { id, api, baseUrl: null, apiKey: null, defaults, models: {} };
}
