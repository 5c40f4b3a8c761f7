/**
 * Which model answers.
 *
 * The model that the owner configured, always: if it cannot be used now, that is reported and nothing takes
 * its place. Otherwise what is found, in the order of the list (Ollama, LM Studio, services with a key), and
 * the demo model if nothing is. All of them are asked at the same time, so that looking costs one timeout at
 * most, and nothing waits for those that come after the one that is taken.
 */
import { MODEL } from "#host/base/limits.ts";
import { chooseConfigured, type Chosen, type ListModels } from "./configured.ts";
import { createDemo, DEMO_MODEL } from "./demo.ts";
import type { ModelChoice, ModelInfo, ModelProvider } from "./provider.ts";
import { pickModel } from "./suitable.ts";

export interface ChooseOptions {
  /** `agents.defaults.model.primary` as `provider/model`; null if the owner named none. */
  readonly primary: string | null;
  /** Those that can be asked, in the order of preference. */
  readonly providers: readonly ModelProvider[];
  readonly signal: AbortSignal;
  readonly probeTimeoutMs?: number;
}

const demo = createDemo();

export async function chooseModel(options: ChooseOptions): Promise<Chosen> {
  const { primary } = options;
  const list = listWithin(options);
  if (primary !== null) return await chooseConfigured(primary, [...options.providers, demo], list);
  const looks = options.providers.map((provider) => look(provider, list));
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

async function look(provider: ModelProvider, list: ListModels): Promise<Finding> {
  const place = provider.address === null ? provider.id : `${provider.id} at ${provider.address}`;
  try {
    const models = await list(provider);
    const model = pickModel(provider.id, models);
    const count = models.length === 1 ? "1 model" : `${models.length} models`;
    return { provider, model, words: `${place} has ${model === null ? "no model that can chat" : count}` };
  } catch {
    return { provider, model: null, words: `${place} does not answer` };
  }
}

/** Lists a provider's models within the time that its distance deserves. */
export function listWithin({
  signal,
  probeTimeoutMs,
}: Pick<ChooseOptions, "signal" | "probeTimeoutMs">): ListModels {
  return (provider) => {
    const isRemote = provider.address?.startsWith("https:") ?? false;
    const timeoutMs = probeTimeoutMs ?? (isRemote ? MODEL.listTimeoutMs : MODEL.probeTimeoutMs);
    return provider.listModels(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  };
}
