/**
 * Which model answers.
 *
 * The model that the owner configured, always: if it cannot be used now, that is reported and nothing takes
 * its place. Otherwise what is found, in the order of the list (Ollama, LM Studio, services with a key), and
 * the demo model if nothing is. All of them are asked at the same time, so that looking costs one timeout at
 * most, and nothing waits for those that come after the one that is taken.
 */
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";
import { createDemo, DEMO_MODEL } from "./demo.ts";
import type { ModelChoice, ModelInfo, ModelProvider } from "./provider.ts";
import { findModel, pickModel } from "./suitable.ts";

export interface ChooseOptions {
  /** `agents.defaults.model.primary` as `provider/model`; null if the owner named none. */
  readonly primary: string | null;
  /** Those that can be asked, in the order of preference. */
  readonly providers: readonly ModelProvider[];
  readonly signal: AbortSignal;
  readonly probeTimeoutMs?: number;
}

export interface Chosen {
  readonly choice: ModelChoice;
  /** Why the configured model cannot be used now; null if it can, or if none is configured. */
  readonly problem: HostError | null;
}

const demo = createDemo();

export async function chooseModel(options: ChooseOptions): Promise<Chosen> {
  const { primary } = options;
  if (primary !== null) return await chooseConfigured(primary, options);
  const looks = options.providers.map((provider) => look(provider, options));
  const seen: string[] = [];
  for (const looking of looks) {
    const { provider, model, words } = await looking;
    seen.push(words);
    if (model === null) continue;
    const why = `No model is configured. ${seen.join("; ")}; took ${model.id}`;
    return { choice: { provider, model, how: "found", why }, problem: null };
  }
  return { choice: demoChoice(seen), problem: null };
}

/** What answers before anything was looked for, and when nothing was found. */
export function demoChoice(seen: readonly string[]): ModelChoice {
  const found = seen.length === 0 ? "Nothing was looked for yet" : seen.join("; ");
  return { provider: demo, model: DEMO_MODEL, how: "demo", why: `No model is configured. ${found}` };
}

interface Finding {
  readonly provider: ModelProvider;
  readonly model: ModelInfo | null;
  readonly words: string;
}

async function look(provider: ModelProvider, options: ChooseOptions): Promise<Finding> {
  const place = provider.address === null ? provider.id : `${provider.id} at ${provider.address}`;
  try {
    const models = await list(provider, options);
    const model = pickModel(provider.id, models);
    const count = models.length === 1 ? "1 model" : `${models.length} models`;
    return { provider, model, words: `${place} has ${model === null ? "no model that can chat" : count}` };
  } catch {
    return { provider, model: null, words: `${place} does not answer` };
  }
}

function list(provider: ModelProvider, options: ChooseOptions): Promise<ModelInfo[]> {
  const isRemote = provider.address?.startsWith("https:") ?? false;
  const timeoutMs = options.probeTimeoutMs ?? (isRemote ? MODEL.listTimeoutMs : MODEL.probeTimeoutMs);
  return provider.listModels(AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]));
}

async function chooseConfigured(primary: string, options: ChooseOptions): Promise<Chosen> {
  const slash = primary.indexOf("/");
  const providerId = primary.slice(0, Math.max(slash, 0));
  const id = primary.slice(slash + 1);
  const provider = [...options.providers, demo].find((one) => one.id === providerId);
  const why = `"${primary}" is configured as agents.defaults.model.primary`;
  if (provider === undefined) {
    const problem = unknownProvider(primary, options.providers);
    return {
      choice: { provider: broken(providerId, problem), model: unlisted(id), how: "configured", why },
      problem,
    };
  }
  const { model, problem } = await findConfigured(provider, id, options);
  return { choice: { provider, model, how: "configured", why }, problem };
}

async function findConfigured(
  provider: ModelProvider,
  id: string,
  options: ChooseOptions,
): Promise<{ readonly model: ModelInfo; readonly problem: HostError | null }> {
  try {
    const model = findModel(await list(provider, options), id);
    if (model !== null) return { model, problem: null };
    // Only Ollama's list is known to be complete; services also take names that they do not list.
    return { model: unlisted(id), problem: provider.api === "ollama" ? notInstalled(provider, id) : null };
  } catch (thrown) {
    return { model: unlisted(id), problem: notAnswering(provider, thrown) };
  }
}

function notAnswering(provider: ModelProvider, thrown: unknown): HostError {
  const error = asHostError(thrown, "model.unreachable");
  if (error.code !== "aborted") return error;
  return new HostError("model.unreachable", `${provider.id} at ${provider.address} does not answer`, {
    cause: error,
  });
}

function notInstalled(provider: ModelProvider, id: string): HostError {
  return new HostError(
    "model.missing",
    `Cannot use model "${id}" of ${provider.id} at ${provider.address}: not installed`,
    {
      fix: `Run: ollama pull ${id}`,
    },
  );
}

function unknownProvider(primary: string, providers: readonly ModelProvider[]): HostError {
  const known = providers.map((provider) => provider.id).join(", ");
  return new HostError("config.invalid", `Cannot use model "${primary}": its provider is not configured`, {
    fix: `Write provider/model with one of ${known}, or add the provider under models.providers or its API key`,
  });
}

function unlisted(id: string): ModelInfo {
  return {
    id,
    name: id,
    contextWindow: null,
    supportsTools: true,
    supportsImages: false,
    reasoning: false,
  };
}

/** Stands where a provider cannot be made: every answer is what is wrong. */
function broken(id: string, error: HostError): ModelProvider {
  return {
    id: id === "" ? "unknown" : id,
    api: "none",
    address: null,
    listModels: async () => {
      throw new HostError("model.unreachable", explain(error), { cause: error });
    },
    async *stream() {
      yield { type: "error", error };
    },
  };
}
