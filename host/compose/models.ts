/**
 * The model selector over the configuration: which model is wanted and which servers there are, always as one.
 *
 * Guarantees that no look mixes a new wish with old servers: both are replaced together, then looked at.
 */
import type { Clock } from "#host/base/clock.ts";
import type { Log } from "#host/base/log.ts";
import type { Config } from "#host/config/config.ts";
import type { ConfigSource } from "#host/config/load.ts";
import type { ModelsPort } from "#host/gateway/ports.ts";
import { createModelSelector, type ModelSelector, type ModelSettings } from "#host/llm/selector.ts";
import type { ProviderKeys } from "./auth-keys.ts";
import { createProviders } from "./model-providers.ts";

export interface ModelsDeps {
  readonly config: Pick<ConfigSource, "current" | "onChange">;
  readonly keys: ProviderKeys;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which keys there are is looked up again with every change of the configuration. */
export async function openModels({ config, keys, clock, log }: ModelsDeps): Promise<ModelSelector> {
  let settings = await settingsOf(config.current(), keys);
  const selector = createModelSelector({ settings: () => settings, clock, log });
  const takeUp = async (changed: Config) => {
    const next = await settingsOf(changed, keys);
    // Of two changes in a row the later one counts, whichever is read first.
    if (config.current() !== changed) return;
    settings = next;
    await selector.refresh();
  };
  config.onChange((changed) => {
    takeUp(changed).catch((error: unknown) =>
      log.error("models did not take up the configuration", { error }),
    );
  });
  return selector;
}

async function settingsOf(config: Config, keys: ProviderKeys): Promise<ModelSettings> {
  const keyed = await keys.providers();
  const [{ model: primary, fallbacks }] = config.agents;
  return { primary, fallbacks, providers: createProviders(config.providers, keyed, keys) };
}

/** The selector, and which keys its providers have. */
export function modelsPortOf({ models, keys, config }: ModelsPortDeps): ModelsPort {
  return { ...models, keys: () => keys.status(config.current().providers) };
}

export interface ModelsPortDeps {
  readonly models: ModelSelector;
  readonly keys: ProviderKeys;
  readonly config: Pick<ConfigSource, "current">;
}
