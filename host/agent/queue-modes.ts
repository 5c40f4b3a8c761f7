/**
 * How a session queues its messages: what the owner configured, what a message asks for, and what `/queue` says for
 * one session until the host restarts.
 */
import { AGENT } from "#host/base/limits.ts";
import {
  QUEUE_DROPS,
  QUEUE_MODES,
  type QueueDrop,
  type QueueMode,
  type QueueSettings,
} from "#host/base/queue-settings.ts";

export const QUEUE: QueueSettings = {
  mode: "steer",
  byChannel: {},
  debounceMs: 500,
  cap: AGENT.queuedPerSession,
  drop: "summarize",
};

type Change = Partial<Pick<QueueSettings, "mode" | "debounceMs" | "cap" | "drop">>;
type Rules = Omit<QueueSettings, "byChannel">;

export interface QueueModes {
  rulesOf(sessionKey: string, message?: { readonly channel?: string; readonly queueMode?: QueueMode }): Rules;
  /** Answers `/queue`, with what it says changed. */
  command(sessionKey: string, args: string): string;
}

/** Sessions whose `/queue` is remembered; the one that was changed longest ago goes. */
const MAX_REMEMBERED = 1_000;

export function createQueueModes(settings: () => QueueSettings): QueueModes {
  const changes = new Map<string, Change>();
  const rulesOf: QueueModes["rulesOf"] = (sessionKey, message = {}) => {
    const { byChannel, ...rules } = settings();
    const ofChannel = byChannel[message.channel ?? "webchat"];
    const mode = ofChannel === undefined ? {} : { mode: ofChannel };
    const asked = message.queueMode === undefined ? {} : { mode: message.queueMode };
    return { ...rules, ...mode, ...changes.get(sessionKey), ...asked };
  };
  return {
    rulesOf,
    command(sessionKey, args) {
      const words = args
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== "");
      const parsed = parseWords(words);
      if (typeof parsed === "string") return parsed;
      if (words.includes("default") || words.includes("reset")) changes.delete(sessionKey);
      const change = { ...changes.get(sessionKey), ...parsed };
      changes.delete(sessionKey);
      if (Object.keys(change).length > 0) changes.set(sessionKey, change);
      const [oldest] = changes.keys();
      if (changes.size > MAX_REMEMBERED && oldest !== undefined) changes.delete(oldest);
      const { mode, debounceMs, cap, drop } = rulesOf(sessionKey);
      return `Queue: ${mode}, debounce ${debounceMs} ms, at most ${cap} wait, then drop ${drop}.`;
    },
  };
}

/** What the words change, or what is wrong with one of them. */
function parseWords(words: readonly string[]): Change | string {
  let change: Change = {};
  for (const word of words) {
    const next = word === "default" || word === "reset" ? {} : parseWord(word);
    if (next === null) return `Cannot read "${word}". ${USAGE}`;
    change = { ...change, ...next };
  }
  return change;
}

const USAGE = `Say: /queue ${QUEUE_MODES.join(" | ")} [debounce:2s] [cap:20] [drop:${QUEUE_DROPS.join("|")}], or /queue default`;
const MOST_MS = 60_000;

function parseWord(word: string): Change | null {
  if (isOneOf<QueueMode>(QUEUE_MODES, word)) return { mode: word };
  const [name, value = ""] = word.split(":");
  if (name === "drop" && isOneOf<QueueDrop>(QUEUE_DROPS, value)) return { drop: value };
  if (name === "cap" && /^\d{1,3}$/.test(value) && Number(value) > 0) return { cap: Number(value) };
  const time = name === "debounce" ? /^(\d+)(ms|s)$/.exec(value) : null;
  if (time === null) return null;
  const debounceMs = Number(time[1]) * (time[2] === "s" ? 1_000 : 1);
  return debounceMs <= MOST_MS ? { debounceMs } : null;
}

function isOneOf<Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word);
}
