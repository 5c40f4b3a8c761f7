/**
 * How long a model may think before it answers, in OpenClaw's words. Pure.
 *
 * A model has some of the levels; one that is asked for and not there becomes the nearest that is, never a refusal:
 * the owner may change the model of a session without thinking of its level.
 */
export const THINKING_LEVELS = ["off", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

export type ThinkingLevel = (typeof THINKING_LEVELS)[number];

/** What people also write: `on` is upstream's word for a model that has one level alone. */
const OTHER_WORDS: ReadonlyMap<string, ThinkingLevel> = new Map(
  Object.entries({
    none: "off",
    no: "off",
    false: "off",
    on: "low",
    yes: "low",
    true: "low",
    min: "minimal",
    mid: "medium",
    "extra-high": "xhigh",
    "x-high": "xhigh",
    highest: "max",
  } satisfies Record<string, ThinkingLevel>),
);

/** Null for what is no level. */
export function parseThinkingLevel(text: string): ThinkingLevel | null {
  const word = text.trim().toLowerCase();
  return THINKING_LEVELS.find((level) => level === word) ?? OTHER_WORDS.get(word) ?? null;
}

/** The highest of `levels` that is not above `wanted`, or the lowest there is; null where there is none. */
export function nearestLevel(wanted: ThinkingLevel, levels: readonly ThinkingLevel[]): ThinkingLevel | null {
  const rank = (level: ThinkingLevel) => THINKING_LEVELS.indexOf(level);
  const sorted = levels.toSorted((a, b) => rank(a) - rank(b));
  // Asked to think a little, a model that thinks at all does; asked not to, it does not unless it has to.
  const above = wanted === "off" ? undefined : sorted.find((level) => level !== "off");
  return (
    sorted.findLast((level) => rank(level) <= rank(wanted) && (wanted === "off" || level !== "off")) ??
    above ??
    sorted[0] ??
    null
  );
}
