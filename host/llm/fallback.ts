/**
 * Who answers in the place of a model that failed: the owner's fallbacks, in their order, each once.
 *
 * One that cannot be used now is passed over. A fallback that fails is followed by those behind it.
 */
import { listWithin } from "./choose.ts";
import { chooseConfigured } from "./configured.ts";
import type { ModelChoice, ModelProvider } from "./provider.ts";

export interface FallbackOptions {
  readonly failed: ModelChoice;
  /** `provider/model`, without the owner's first choice. */
  readonly names: readonly string[];
  readonly providers: readonly ModelProvider[];
  readonly probeTimeoutMs?: number;
}

export async function chooseFallback(options: FallbackOptions): Promise<ModelChoice | null> {
  const list = listWithin({ ...options, signal: new AbortController().signal });
  const names = [...new Set(options.names)];
  for (const name of names.slice(names.indexOf(nameOf(options.failed)) + 1)) {
    const { choice, problem } = await chooseConfigured(name, options.providers, list);
    if (problem === null)
      return { ...choice, why: `${nameOf(options.failed)} failed; "${name}" is a fallback` };
  }
  return null;
}

export function nameOf({ provider, model }: ModelChoice): string {
  return `${provider.id}/${model.id}`;
}
