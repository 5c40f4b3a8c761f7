/**
 * Which of the models that were found is taken when the owner named none. Pure.
 *
 * The list comes newest first, and what was installed last is what the owner most likely wants; but a model
 * that calls tools goes before one that does not, and one that runs elsewhere (`:cloud`) comes last.
 */
import type { ModelInfo } from "./provider.ts";

/** Families in the order in which they are preferred, for services that list dozens of models. */
const PREFERRED: Readonly<Record<string, readonly RegExp[]>> = {
  anthropic: [/sonnet/i, /haiku/i],
  openai: [/^gpt-[\d.]+-mini$/i, /^gpt-[\d.]+$/i, /^gpt-/i],
};

export function pickModel(providerId: string, models: readonly ModelInfo[]): ModelInfo | null {
  for (const family of PREFERRED[providerId] ?? []) {
    const found = models.find((model) => family.test(model.id));
    if (found !== undefined) return found;
  }
  const local = models.filter((model) => !/[:-]cloud$/.test(model.id));
  return local.find((model) => model.supportsTools) ?? local[0] ?? models[0] ?? null;
}

/** The model of that name; Ollama's `llama3.2` means `llama3.2:latest`. */
export function findModel(models: readonly ModelInfo[], id: string): ModelInfo | null {
  return (
    models.find((model) => model.id === id) ?? models.find((model) => model.id === `${id}:latest`) ?? null
  );
}
