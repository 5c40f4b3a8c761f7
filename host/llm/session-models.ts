/**
 * Models that the owner chose for single conversations: each is looked for once, and again when it failed or when the
 * configuration changed. What keeps it from answering is told by its answer; nothing takes its place.
 */
import { listWithin } from "./choose.ts";
import { chooseConfigured } from "./configured.ts";
import type { ModelSettings } from "./selector.ts";
import type { ModelChoice } from "./provider.ts";
import { createDemo } from "./demo.ts";
import { findModel } from "./suitable.ts";

export interface SessionModels {
  /** `name` is `provider/model`. */
  choiceOf(name: string): Promise<ModelChoice>;
  /** It did not answer, so that it is looked for again. */
  forget(choice: ModelChoice): void;
  /** `provider/model` of what a person wrote: the whole name, or a model's that only one provider has. Null for nothing. */
  find(text: string): Promise<string | null>;
}

const demo = createDemo();

export function createSessionModels(settings: () => ModelSettings, probeTimeoutMs?: number): SessionModels {
  let known = new Map<string, ModelChoice>();
  let knownOf: ModelSettings | null = null;
  const timeout = probeTimeoutMs === undefined ? {} : { probeTimeoutMs };
  const list = listWithin({ signal: new AbortController().signal, ...timeout });
  const providers = () => [...settings().providers, demo];
  return {
    async choiceOf(name) {
      const now = settings();
      if (knownOf !== now) known = new Map();
      knownOf = now;
      const found = known.get(name);
      if (found !== undefined) return found;
      const why = `"${name}" was chosen for this conversation`;
      const { choice, problem } = await chooseConfigured(name, providers(), list, why);
      const strict = { ...choice, isStrict: true };
      if (problem === null) known.set(name, strict);
      return strict;
    },
    forget(choice) {
      for (const [name, one] of known) if (one === choice) known.delete(name);
    },
    async find(text) {
      const slash = text.indexOf("/");
      const named = providers().find(({ id }) => id === text.slice(0, Math.max(slash, 0)));
      if (named !== undefined) {
        const id = text.slice(slash + 1);
        const listed = await list(named).catch(() => null);
        if (listed === null || (named.api !== "ollama" && named.api !== "demo"))
          return id === "" ? null : text;
        const model = findModel(listed, id);
        return model === null ? null : `${named.id}/${model.id}`;
      }
      const found = await Promise.all(
        providers().map(async (provider) => {
          const model = findModel(await list(provider).catch(() => []), text);
          return model === null ? [] : [`${provider.id}/${model.id}`];
        }),
      );
      const names = found.flat();
      return names.length === 1 ? (names[0] ?? null) : null;
    },
  };
}
