/** The model providers that the owner named. Throws `config.invalid` for one that nothing can be sent to. */
import { HostError } from "#host/base/errors.ts";
import type { Price } from "#host/base/budget.ts";
import type { ModelParams, ProviderConfig } from "./config.ts";
import { type Environment, secretOf } from "./environment.ts";
import type { ConfigFile } from "./schema.ts";

const SPOKEN_APIS: ReadonlySet<string> = new Set([
  "ollama",
  "openai-completions",
  "openai-responses",
  "anthropic-messages",
]);
/** Providers that are known without an address. */
const KNOWN_APIS: ReadonlyMap<string, string> = new Map([
  ["ollama", "ollama"],
  ["lmstudio", "openai-completions"],
  ["openai", "openai-completions"],
  ["anthropic", "anthropic-messages"],
]);

type ProviderFile = NonNullable<NonNullable<ConfigFile["models"]>["providers"]>[string];

export interface Providers {
  readonly used: Readonly<Record<string, ProviderConfig>>;
  /** Paths of those whose wire format this host does not speak. */
  readonly unused: readonly string[];
}

/** The providers of the file; `OLLAMA_HOST` goes before Ollama's address in it. */
export function providersOf(
  file: ConfigFile,
  environment: Environment,
  ollamaBaseUrl: string | null,
): Providers {
  const written = Object.entries(file.models?.providers ?? {});
  const unused = written.filter(([id, provider]) => !SPOKEN_APIS.has(apiOf(id, provider))).map(([id]) => id);
  const used = written
    .filter(([id]) => !unused.includes(id))
    .map(([id, provider]) => [id, providerOf(id, provider, environment)]);
  const providers: Record<string, ProviderConfig> = Object.fromEntries(used);
  if (ollamaBaseUrl !== null) {
    const ollama = providers["ollama"] ?? providerOf("ollama", {}, environment);
    providers["ollama"] = { ...ollama, baseUrl: ollamaBaseUrl };
  }
  return { used: providers, unused: unused.map((id) => `models.providers.${id}`) };
}

function apiOf(id: string, provider: ProviderFile): string {
  return provider.api ?? KNOWN_APIS.get(id) ?? "openai-completions";
}

function providerOf(id: string, provider: ProviderFile, environment: Environment): ProviderConfig {
  const path = `models.providers.${id}`;
  if (provider.baseUrl === undefined && !KNOWN_APIS.has(id)) throw needsAddress(path);
  const defaults = paramsOf(provider, NO_PARAMS);
  return {
    id,
    api: apiOf(id, provider),
    baseUrl: provider.baseUrl?.replace(/\/+$/, "") ?? null,
    apiKey: provider.apiKey === undefined ? null : secretOf(provider.apiKey, environment, `${path}.apiKey`),
    defaults,
    models: Object.fromEntries(
      (provider.models ?? []).map((model) => [
        model.id,
        { ...paramsOf(model, defaults), cost: costOf(model.cost) },
      ]),
    ),
  };
}

const NO_PARAMS: ModelParams = { contextTokens: null, keepAlive: null };

type ModelFile = NonNullable<ProviderFile["models"]>[number];

/** `params.num_ctx` goes before `contextTokens`, as upstream has it. */
function paramsOf(
  { params, contextTokens }: Pick<ModelFile, "params" | "contextTokens">,
  otherwise: ModelParams,
): ModelParams {
  return {
    contextTokens: params?.num_ctx ?? contextTokens ?? otherwise.contextTokens,
    keepAlive: params?.keep_alive ?? otherwise.keepAlive,
  };
}

function costOf(cost: ModelFile["cost"]): Price | null {
  return cost === undefined ? null : { input: cost.input ?? 0, output: cost.output ?? 0 };
}

function needsAddress(path: string): HostError {
  const known = [...KNOWN_APIS.keys()].join(", ");
  return new HostError(
    "config.invalid",
    `Missing key "${path}.baseUrl" in openclaw.json: only ${known} go without`,
    {
      fix: "Write the address of the provider's server there",
    },
  );
}
