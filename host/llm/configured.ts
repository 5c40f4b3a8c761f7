/**
 * The model that the owner configured. It is used whatever its state; what keeps it from answering is told.
 */
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { ModelChoice, ModelInfo, ModelProvider } from "./provider.ts";
import { findModel } from "./suitable.ts";

export interface Chosen {
  readonly choice: ModelChoice;
  /** Why the configured model cannot be used now; null if it can, or if none is configured. */
  readonly problem: HostError | null;
}

/** Lists a provider's models within the time that looking may take. */
export type ListModels = (provider: ModelProvider) => Promise<ModelInfo[]>;

/** `primary` is `provider/model`; the model's name may hold slashes of its own. */
export async function chooseConfigured(
  primary: string,
  providers: readonly ModelProvider[],
  list: ListModels,
  why = `"${primary}" is configured as agents.defaults.model.primary`,
): Promise<Chosen> {
  const slash = primary.indexOf("/");
  const providerId = primary.slice(0, Math.max(slash, 0));
  const id = primary.slice(slash + 1);
  const provider = providers.find((one) => one.id === providerId);
  if (provider === undefined) {
    const problem = unknownProvider(primary, providers);
    return {
      choice: { provider: broken(providerId, problem), model: unlisted(id), how: "configured", why },
      problem,
    };
  }
  const { model, problem } = await findConfigured(provider, id, list);
  return { choice: { provider, model, how: "configured", why }, problem };
}

async function findConfigured(
  provider: ModelProvider,
  id: string,
  list: ListModels,
): Promise<{ readonly model: ModelInfo; readonly problem: HostError | null }> {
  try {
    const model = findModel(await list(provider), id);
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
      fix: `Run: openclaw models pull ${id}`,
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
