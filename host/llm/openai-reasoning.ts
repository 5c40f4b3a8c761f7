/**
 * Which levels of thinking OpenAI's models have, by their names: their API lists nothing but names. Pure.
 *
 * A model that is not known to reason is never sent a level, since it would refuse the request.
 */
import { nearestLevel, type ThinkingLevel } from "#host/base/thinking.ts";

const FAMILIES: readonly (readonly [RegExp, readonly ThinkingLevel[]])[] = [
  [/^gpt-5\.[1-9]|^gpt-[6-9]/i, ["off", "low", "medium", "high"]],
  [/^gpt-5/i, ["minimal", "low", "medium", "high"]],
  [/^o\d|gpt-oss/i, ["low", "medium", "high"]],
];

export function openAiLevels(model: string): readonly ThinkingLevel[] {
  return FAMILIES.find(([name]) => name.test(model))?.[1] ?? [];
}

/** Its word for the level; null where nothing is to be sent. */
export function openAiEffort(model: string, thinking: ThinkingLevel | undefined): string | null {
  const level = thinking === undefined ? null : nearestLevel(thinking, openAiLevels(model));
  return level === "off" ? "none" : level;
}
