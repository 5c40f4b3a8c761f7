/**
 * The model selector over the configuration: which model is wanted and which servers there are, always as one.
 *
 * Guarantees that no look mixes a new wish with old servers: both are replaced together, then looked at.
 */
import type { Clock } from "#host/base/clock.ts";
import type { Log } from "#host/base/log.ts";
import type { Config } from "#host/config/config.ts";
import type { ConfigSource } from "#host/config/load.ts";
import { createModelSelector, type ModelSelector, type ModelSettings } from "#host/llm/selector.ts";
import { createProviders, type ReadKeys } from "./model-providers.ts";

export interface ModelsDeps {
  readonly config: Pick<ConfigSource, "current" | "onChange">;
  readonly readKeys: ReadKeys;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which keys there are is looked up again with every change of the configuration. */
export async function openModels({ config, readKeys, clock, log }: ModelsDeps): Promise<ModelSelector> {
  let settings = await settingsOf(config.current(), readKeys);
  const selector = createModelSelector({ settings: () => settings, clock, log });
  const takeUp = async (changed: Config) => {
    const next = await settingsOf(changed, readKeys);
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

async function settingsOf(config: Config, readKeys: ReadKeys): Promise<ModelSettings> {
  const keyed = [...(await readKeys()).keys()];
  const [{ model: primary, fallbacks }] = config.agents;
  return { primary, fallbacks, providers: createProviders(config.providers, keyed, readKeys) };
}
